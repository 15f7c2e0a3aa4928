import type { Ledger } from '../../lib/ledger/ledger.js';
import type { DiskWrite } from '../../lib/ledger/memory/disk-write.js';
import { MemoryDisk } from '../../lib/ledger/memory/memory-ledger.js';
import { constants } from '../../lib/model/constants.js';
import type { GroupId, ProcessId } from '../../lib/model/ids.js';
import type { LedgerSnapshot } from '../../lib/model/records.js';
import { defaults } from '../../lib/model/settings.js';
import type { Nonce } from '../../lib/model/start.js';
import { compose, type Engine } from '../../lib/paxos/compose.js';
import { claimIdentity } from '../../lib/paxos/identity.js';
import { realScheduler } from '../../lib/paxos/scheduler.js';
import { decodeMessage } from '../../lib/paxos/wire/wire.js';
import { Subscribers } from '../../lib/queue/subscribers.js';
import { MemoryNetwork } from '../../lib/transport/memory/memory-network.js';
import { idOf } from '../support/ids.js';
import { silent } from '../support/queue-group.js';
import { SOME_START } from '../support/station.js';

const QUEUE = 'queue';

/** The engine of the only member of a group, turn by turn, with a stranger on its network that hears all it says to everyone. */
export class LoneEngine {
  /** The kinds of the messages that the stranger has heard. */
  readonly heard: string[] = [];
  readonly failures: Error[] = [];
  /** What the engine last told its transport to remember. */
  kept: readonly ProcessId[] = [];
  /** While it is held, commits wait in `writes`. */
  isDiskHeld = false;
  readonly writes: DiskWrite[] = [];
  engine!: Engine;
  readonly #disk = new MemoryDisk((write) => {
    if (this.isDiskHeld) this.writes.push(write);
    else write.complete();
  });
  #ledger!: Ledger;
  readonly #deferred: (() => void)[] = [];
  #nowMs = 0;

  private constructor() {}

  /** @param isForked whether its batches name another start than the one in its ledger, as those of a second process there do */
  static async open(isForked = false): Promise<LoneEngine> {
    const lone = new LoneEngine();
    await lone.#open(isForked);
    return lone;
  }

  /** Puts a message, and lets the engine do all that it can. */
  put(text: string): void {
    void this.engine.batcher.submit(Buffer.from(text), null);
    this.engine.driver.wake();
    this.settle();
  }

  /** Runs all turns of the event loop that are asked for. */
  settle(): void {
    for (let next = this.#deferred.shift(); next !== undefined; next = this.#deferred.shift()) next();
  }

  tick(): void {
    this.#nowMs += constants.tickMs;
    this.engine.tick();
    this.settle();
  }

  /** What the disk holds in the end. */
  async stored(): Promise<LedgerSnapshot> {
    await this.#ledger.close();
    return this.#disk.open(QUEUE).load();
  }

  async #open(isForked: boolean): Promise<void> {
    const scheduler = {
      ...realScheduler,
      now: () => this.#nowMs,
      defer: (callback: () => void) => void this.#deferred.push(callback),
    };
    const ledger = (this.#ledger = this.#disk.open(QUEUE));
    const of = { settings: defaults, replicas: 1, queueId: QUEUE };
    const claimed = await claimIdentity(ledger, { ...of, founds: true, randomBytes: scheduler.randomBytes });
    const network = new MemoryNetwork(scheduler.defer);
    network.open({
      ...{ queueId: QUEUE, self: idOf(1), start: SOME_START, log: silent },
      receiver: (_from: unknown, _group: GroupId, bytes: Buffer) => void this.heard.push(decodeMessage(bytes)!.kind),
    });
    const transport = network.open({
      ...{ queueId: QUEUE, self: claimed.identity.process, start: claimed.start, log: silent },
      receiver: (from, group, bytes, start) => {
        this.engine.driver.receive(from, group, bytes, start);
      },
    });
    const { keep } = transport;
    transport.keep = (processes) => {
      this.kept = processes;
      keep.call(transport, processes);
    };
    const start = isForked ? { ...claimed.start, nonce: 'f'.repeat(32) as Nonce } : claimed.start;
    this.engine = compose(
      {
        ...{ queueId: QUEUE, options: { directory: 'nowhere', replicas: 1 }, ports: { scheduler }, settings: defaults },
        ...{ ledger, transport, claimed: { ...claimed, start }, base: null, loss: null, keys: null },
        subscribers: new Subscribers(),
      },
      { noticed: () => {}, failed: (error) => this.failures.push(error) },
    );
    this.engine.begin();
    while (!this.engine.core.hasRoom || this.engine.core.reign === null) this.tick();
  }
}
