/**
 * The driver joins the pure core to ledger, transport and delivery. It is the only place where the order is written
 * down: *persist, then send what rests on it, then deliver*. Everything that arrives in one turn of the event loop goes
 * into the core at once and shares one commit; nothing on the good path waits for a timer.
 */
import type { Effects, Notice } from '../consensus/effects.js';
import type { Outgoing } from '../consensus/messages.js';
import { assert } from '../model/assert.js';
import type { Batch } from '../model/batch.js';
import type { TreplicaError } from '../model/errors.js';
import type { GroupId, Instance, ProcessId } from '../model/ids.js';
import type { LedgerRecord } from '../model/records.js';
import type { Start } from '../model/start.js';
import type { EVERYONE } from '../transport/transport.js';
import { dissolved, unwritten, writesNoMore } from './driver-errors.js';
import type { DriverOptions } from './driver-options.js';
import { IdleWatermark, writeFinalWatermark } from './idle-watermark.js';
import { type AwaitedInstallation, Installations } from './installations.js';
import type { LogSupplier } from './log-supplier.js';
import { Peers } from './peers.js';
import { PendingWrites } from './pending-writes.js';
import { proposePending, renewForgotten, tellDelivered } from './proposals.js';
import { type BelowCore, Reception } from './reception.js';
import { type ReadWaiter, WaitingReads } from './waiting-reads.js';
import type { WireMessage } from './wire/routes.js';
import { encodeMessage } from './wire/wire.js';

/** The parts that serve processes that lack something, below consensus. */
interface Below extends BelowCore {
  readonly supplier: LogSupplier;
}

export class Driver {
  readonly #options: DriverOptions;
  readonly #reception: Reception;
  readonly #installations: Installations;
  readonly #idleWatermark: IdleWatermark;
  /** What is known of the other processes beside consensus. */
  readonly peers: Peers;
  /** Null before the driver begins. */
  #below: Below | null = null;
  #isTurnAwaited = false;
  #isCommitting = false;
  #hasStopped = false;
  readonly #reads = new WaitingReads();
  readonly #pendingWrites = new PendingWrites();
  /** The last step, to be done when the commit under way has ended. */
  #last: (() => void) | null = null;

  constructor(options: DriverOptions) {
    this.#options = options;
    this.peers = new Peers(options, this);
    this.#reception = new Reception({ ...options, peers: this.peers });
    this.#installations = new Installations({ ...options, driver: this });
    this.#idleWatermark = new IdleWatermark(options.core, this, options.settings);
  }

  /** Begins to work; nothing is received or ticked before. */
  begin(below: Below): void {
    const { core, transport, delivery } = this.#options;
    this.#below = below;
    if (core.group !== null) transport.join(core.group);
    delivery.readableUntil(core.watermark);
    this.peers.starts.begin();
  }

  /** The group that this process belongs to; null before it is founded. */
  get group(): GroupId | null {
    return this.#options.core.group;
  }

  /** As `Reception.malformed`. */
  get malformed(): number {
    return this.#reception.malformed;
  }

  /** The transport's receiver. */
  receive(from: ProcessId, group: GroupId, bytes: Buffer, start: Start): void {
    if (this.#hasStopped) return;
    const message = this.#reception.read(from, group, bytes);
    if (message === null) return;
    this.#step(() => {
      this.#reception.route(from, start, message, this.#begun);
    });
  }

  tick(): void {
    this.#step(() => {
      const { core, ledger, transport, now } = this.#options;
      const { repair, supplier } = this.#begun;
      // A process that has nothing to write must stop too if acknowledged operations would be lost.
      if (ledger.failure !== null) throw ledger.failure;
      for (const arrival of transport.takeArrivals()) {
        core.step({ kind: 'arriving', ...arrival });
        repair.arriving(arrival);
      }
      for (const roundTrip of transport.takeRoundTrips()) core.step({ kind: 'round-trip', ...roundTrip });
      core.step({ kind: 'tick', nowMs: now() });
      this.peers.tick();
      repair.tick();
      supplier.tick();
      transport.tick();
      this.#reception.tick();
      if (repair.isHelpless !== core.isImpaired) core.step({ kind: 'impaired', isSo: repair.isHelpless });
      this.#idleWatermark.tick();
    });
  }

  /** Sends the messages that depend on nothing that is not durable. */
  tell(to: ProcessId | typeof EVERYONE, message: WireMessage): void {
    if (this.#hasStopped) return;
    this.#options.transport.send(to, encodeMessage(message));
    this.#options.transport.flush();
  }

  /** Makes records durable in the next commit, along with the watermark, and then calls `done`: see `PendingWrite`. */
  write(records: () => readonly LedgerRecord[], done: (error: Error | null) => void): void {
    if (this.#hasStopped) {
      done(writesNoMore());
      return;
    }
    this.#pendingWrites.add({ records, done });
    this.wake();
  }

  /** Continues from a checkpoint as soon as the commit under way is done; a later checkpoint replaces a waiting one. */
  install(installation: AwaitedInstallation): void {
    this.#installations.await(installation);
    this.wake();
  }

  /**
   * Tells `waiter` once everything that was acknowledged anywhere before this call has been decided here, unless the
   * returned function is called before.
   */
  read(waiter: ReadWaiter): () => void {
    const ticket = this.#reads.add(waiter);
    this.#step(() => {
      this.#options.core.step({ kind: 'read', ticket });
    });
    return () => {
      this.#reads.forget(ticket);
    };
  }

  /** Has a value of another kind than messages decided. */
  propose(batch: Batch): void {
    this.#step(() => {
      this.#options.core.step({ kind: 'proposal', batch });
    });
  }

  /** Does nothing any more but make `record` durable, and fails with `cause` when it is. */
  stopWith(record: LedgerRecord, cause: TreplicaError): void {
    if (this.#hasStopped) return;
    this.#hasStopped = true;
    const { ledger, fail } = this.#options;
    this.#last = () => {
      ledger.commit([record], (error) => fail(error === null ? cause : unwritten(cause, error)));
    };
    if (!this.#isCommitting) this.#last();
  }

  /** There is something to propose. */
  wake(): void {
    if (this.#isTurnAwaited || this.#isCommitting || this.#hasStopped) return;
    this.#isTurnAwaited = true;
    this.#options.defer(() => {
      this.#isTurnAwaited = false;
      this.#guard(() => {
        this.#turn();
      });
    });
  }

  /** Does nothing any more; reads that wait are told `why`. */
  stop(why: Error): void {
    if (!this.#hasStopped && !this.#isCommitting) writeFinalWatermark(this.#options);
    this.#hasStopped = true;
    this.peers.facts.close();
    this.#reads.refuse(why);
    this.#pendingWrites.refuse(why);
  }

  #step(action: () => void): void {
    if (this.#hasStopped) return;
    this.#guard(action);
    if (this.#options.core.hasEffects || this.#options.batcher.pendingMessages > 0) this.wake();
  }

  /** Takes effects from the core until there are none; a commit that takes its time is waited for elsewhere. */
  #turn(): void {
    const { core, batcher, delivery, onNotice } = this.#options;
    while (!this.#hasStopped && !this.#isCommitting) {
      renewForgotten(core, batcher, delivery);
      if (!this.#installations.isAwaited) proposePending(core, batcher);
      else if (!core.hasEffects) this.#installations.begin();
      if (!core.hasEffects && this.#pendingWrites.isEmpty) return;
      const effects = core.effects(!this.#pendingWrites.isEmpty);
      const readable = core.watermark;
      this.peers.learn(effects);
      if (this.#isOver) return;
      this.#join(effects.notices);
      this.#send(effects.messages);
      for (const notice of effects.notices) onNotice(notice);
      // Waiting records may be wrong at the place from which the process continues.
      const others = effects.installed === null ? this.#pendingWrites.take() : this.#installations.pardon();
      const records = others.length === 0 ? effects.records : [...effects.records, ...others];
      const finish = (): void => {
        this.#finish(effects, readable);
        this.#pendingWrites.done();
      };
      if (records.length === 0) finish();
      else this.#commit(records, finish);
    }
  }

  #commit(records: readonly LedgerRecord[], finish: () => void): void {
    this.#isCommitting = true;
    this.#options.transport.hurry();
    let hasReturned = false;
    this.#options.ledger.commit(records, (error) => {
      this.#isCommitting = false;
      if (this.#hasStopped) {
        this.#last?.();
        return;
      }
      this.#guard(() => {
        if (error !== null) throw error;
        finish();
      });
      if (hasReturned) this.wake(); // Otherwise the turn that commits goes on by itself.
    });
    hasReturned = true;
  }

  /** The records are durable: only now may votes be heard and decisions be acted on. */
  #finish(effects: Effects, readable: Instance): void {
    const { core, delivery } = this.#options;
    if (this.#endsWith(effects.notices)) return;
    this.#send(effects.votes);
    core.step({ kind: 'durable' });
    if (effects.installed !== null) this.#installations.installed();
    delivery.decided(effects.decided);
    delivery.readableUntil(readable);
    tellDelivered(core, delivery, readable);
    this.#reads.resolve(effects.readable);
    this.#begun.supplier.supply(effects.supplies, readable);
  }

  /** Whether the group is gone for this process, which is written down by now: it stops, and begins anew when it is started. */
  #endsWith(notices: readonly Notice[]): boolean {
    const end = notices.find((notice) => notice.kind === 'dissolved');
    if (end === undefined) return false;
    this.#hasStopped = true;
    this.#options.fail(dissolved(end.group, end.isDead, this.#options.queueId));
    return true;
  }

  #send(outgoing: readonly Outgoing[]): void {
    if (outgoing.length === 0) return;
    const { transport } = this.#options;
    for (const { to, message } of outgoing) transport.send(to, encodeMessage(message));
    transport.flush();
  }

  #join(notices: readonly Notice[]): void {
    for (const notice of notices) {
      if (notice.kind !== 'founded' || notice.part === 'stranger') continue;
      this.#options.transport.join(notice.group);
      this.peers.starts.begin();
    }
  }

  get #begun(): Below {
    assert(this.#below !== null, 'a driver begins before it works', {});
    return this.#below;
  }

  /** Asked where the process may just have stopped. */
  get #isOver(): boolean {
    return this.#hasStopped;
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#hasStopped = true;
      this.#options.fail(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
