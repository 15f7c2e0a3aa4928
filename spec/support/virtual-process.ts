import { pino, type Logger } from 'pino';

import { AsynchronousPersistentQueue, ReplicatedStateMachine } from '../../lib/index.js';
import { MemoryDisk, type DiskWrite } from '../../lib/ledger/memory-ledger.js';
import type { ProcessId } from '../../lib/model/ids.js';
import type { Transport } from '../../lib/transport/transport.js';
import { Journal } from '../programs/journal.js';
import type { VirtualWorld } from './virtual-world.js';

/** From a start to a crash: what was under way in one life goes on in no later one. */
export interface Life {
  isAlive: boolean;
  ticks: boolean;
  transport: Transport | null;
}

/** One process of a virtual world: a disk that outlives it, and, while it runs, a queue and a machine. */
export class VirtualProcess {
  readonly disk: MemoryDisk;
  coordinates = false;
  /** How long a commit takes. */
  commitMs: () => number = () => 0;
  /** Why commits fail; null while they do not. */
  diskFault: Error | null = null;
  readonly #world: VirtualWorld;
  readonly #log: Logger;
  #isHeld = false;
  #held: DiskWrite[] = [];
  #life: Life | null = null;
  #queue: AsynchronousPersistentQueue | null = null;
  #machine: ReplicatedStateMachine<Journal> | null = null;
  #isLoaded = false;
  #callers: Promise<void>[] = [];

  /** The id is on the disk from the beginning, so that it comes from the seed. */
  constructor(
    world: VirtualWorld,
    readonly id: ProcessId,
    readonly name: string,
  ) {
    this.#world = world;
    this.disk = new MemoryDisk((write) => this.#write(write));
    const ledger = this.disk.open(world.queueId);
    ledger.commit([{ kind: 'identity', process: id, incarnation: 1 }], () => {});
    void ledger.close();
    this.#log = pino({ level: 'info' }, { write: (line: string) => this.#hear(line) });
  }

  get isRunning(): boolean {
    return this.#machine !== null;
  }

  get queue(): AsynchronousPersistentQueue {
    if (this.#queue === null) throw new Error(`${this.name} does not run`);
    return this.#queue;
  }

  get machine(): ReplicatedStateMachine<Journal> {
    if (this.#machine === null) throw new Error(`${this.name} does not run`);
    return this.#machine;
  }

  async start(): Promise<void> {
    const world = this.#world;
    const life: Life = { isAlive: true, ticks: true, transport: null };
    this.#life = life;
    const { mode, queueId, processes } = world;
    const options = { directory: this.name, replicas: processes.length, mode, log: this.#log };
    const queue = await AsynchronousPersistentQueue.open(queueId, options, {
      openLedger: () => this.disk.open(queueId),
      openTransport: async (self, receiver, log) => {
        life.transport = world.network.open({ queueId, self, receiver, log });
        return life.transport;
      },
      scheduler: world.schedulerOf(life),
    });
    const machine = await ReplicatedStateMachine.create(new Journal(), queue);
    this.#queue = queue;
    this.#machine = machine;
    queue.closed.catch(() => {}).finally(() => this.#forget(queue));
  }

  /** The power fails: what is not durable is lost, or happens to have been written; nobody is told of anything. */
  crash(landsOnDisk = false): void {
    if (this.#life !== null) Object.assign(this.#life, { isAlive: false, ticks: false });
    void this.#life?.transport?.close();
    this.disk.crash(landsOnDisk);
    this.#held = [];
    this.#forget(this.#queue);
  }

  async close(): Promise<void> {
    await this.machine.close();
  }

  /** From now on no commit ends, until `releaseDisk`. */
  holdDisk(): void {
    this.#isHeld = true;
  }

  releaseDisk(): void {
    this.#isHeld = false;
    for (const write of this.#held.splice(0)) write.complete();
  }

  /** One more caller that appends entries one after the other. */
  load(): void {
    this.#isLoaded = true;
    this.#callers.push(this.#appendOnAndOn());
  }

  async stopLoad(): Promise<void> {
    this.#isLoaded = false;
    await Promise.all(this.#callers);
    this.#callers = [];
  }

  /** What stops a caller, other than a crash, is that its process stops. */
  async #appendOnAndOn(): Promise<void> {
    while (this.#isLoaded && this.isRunning) {
      try {
        await this.#world.append(this);
      } catch {
        return;
      }
    }
  }

  #forget(queue: AsynchronousPersistentQueue | null): void {
    if (this.#queue !== queue) return;
    this.#queue = null;
    this.#machine = null;
    this.coordinates = false;
    // Callers of a crashed process are never answered.
    this.#callers = [];
  }

  #write(write: DiskWrite): void {
    const ms = this.commitMs();
    if (this.diskFault !== null) write.fail(this.diskFault);
    else if (this.#isHeld) this.#held.push(write);
    else if (ms === 0) write.complete();
    else this.#world.after(ms, () => write.complete());
  }

  #hear(line: string): void {
    const { msg } = JSON.parse(line) as { msg: string };
    if (msg === 'this process coordinates') this.coordinates = true;
    if (msg === 'this process coordinates no longer') this.coordinates = false;
  }
}
