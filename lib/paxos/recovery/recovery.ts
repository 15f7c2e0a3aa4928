/**
 * The work of a queue beside consensus that lets a process be away for any time, and lose anything but its votes, and recover
 * by itself: checkpoints and the cutting of the log, serving and fetching of checkpoints, repair of damaged data.
 */
import type { Arriving } from '../../consensus/arriving.js';
import type { Consensus } from '../../consensus/consensus.js';
import type { MessageOf } from '../../consensus/messages.js';
import type { Ledger } from '../../ledger/ledger.js';
import { unreachable } from '../../model/assert.js';
import type { Checkpoint } from '../../model/checkpoint.js';
import type { DamagedLogError, TreplicaError } from '../../model/errors.js';
import { after, type Instance, type ProcessId } from '../../model/ids.js';
import type { LedgerSnapshot } from '../../model/records.js';
import type { Settings } from '../../model/settings.js';
import type { CheckpointEvent, DamageEvent, RecoveryEvent } from '../../queue/events.js';
import { EVERYONE } from '../../transport/transport.js';
import type { Delivery } from '../delivery.js';
import type { DeliveryListener } from '../delivery-options.js';
import type { Driver } from '../driver.js';
import type { RepairReceiver } from '../repair-receiver.js';
import type { Scheduler } from '../scheduler.js';
import type { RepairMessage } from '../wire/repair-messages.js';
import type { WireMessage } from '../wire/routes.js';
import { Checkpointer } from './checkpointer.js';
import { Installer } from './installer.js';
import { type Membership, membershipOf, othersIn } from './membership.js';
import { Repairer } from './repairer.js';
import type { ReplayTask } from './replay-task.js';
import { StateTransfer } from './state-transfer.js';
import { Supplier } from './supplier.js';

export interface RecoveryOptions {
  readonly settings: Settings;
  readonly self: ProcessId;
  readonly core: Consensus;
  readonly ledger: Ledger;
  readonly delivery: Delivery;
  readonly driver: Pick<Driver, 'tell' | 'write' | 'install' | 'stopWith'>;
  readonly past: LedgerSnapshot;
  readonly logMarginBytes: number;
  /** A chunk of a checkpoint, in bytes. */
  readonly chunkBytes: number;
  readonly task: Pick<ReplayTask, 'directory' | 'queueId' | 'stretch'>;
  readonly scheduler: Scheduler;
  readonly notify: (event: CheckpointEvent | RecoveryEvent | DamageEvent) => void;
  readonly fail: (error: unknown) => void;
}

export class Recovery implements RepairReceiver, DeliveryListener {
  readonly #options: RecoveryOptions;
  readonly #repairer: Repairer;
  readonly #supplier: Supplier;
  readonly #installer: Installer;
  readonly #transfer: StateTransfer;
  readonly #checkpointer: Checkpointer;
  #arrivals = 0;

  constructor(options: RecoveryOptions) {
    this.#options = options;
    this.#repairer = this.#newRepairer();
    this.#supplier = this.#newSupplier();
    this.#installer = this.#newInstaller(this.#repairer);
    this.#transfer = this.#newTransfer(this.#installer);
    this.#checkpointer = this.#newCheckpointer(this.#supplier);
  }

  #newRepairer(): Repairer {
    const { core, settings, ledger, delivery, driver, notify } = this.#options;
    return new Repairer({
      settings,
      roundTripTo: (process) => core.roundTrips.to(process),
      others: () => this.#others,
      send: this.#send,
      write: (records, done) => {
        driver.write(records, done);
      },
      logStart: () => ledger.start,
      done: () => {
        notify({ kind: 'repaired' });
        delivery.repaired();
      },
    });
  }

  #newSupplier(): Supplier {
    const { settings, ledger, fail, notify } = this.#options;
    return new Supplier({
      settings,
      store: ledger.checkpoints,
      send: this.#send,
      onDamage: (error) => {
        notify({ kind: 'damaged', what: 'checkpoint', error });
        this.#checkpointer.lost();
        this.#makeCheckpoint();
      },
      fail,
    });
  }

  #newInstaller(repairer: Repairer): Installer {
    const { core, past, ledger, delivery, driver, fail, notify } = this.#options;
    return new Installer({
      ...{ core, ledger, delivery, driver, repairer, notify, fail },
      verdict: past.verdict,
      installed: (checkpoint) => {
        repairer.installed(checkpoint.next);
        this.#checkpointer.installed(checkpoint);
      },
    });
  }

  #newTransfer(installer: Installer): StateTransfer {
    const { core, settings, ledger, fail, notify } = this.#options;
    return new StateTransfer({
      settings,
      roundTripTo: (process) => core.roundTrips.to(process),
      store: ledger.checkpoints,
      send: this.#send,
      isWanted: (checkpoint) => installer.isWanted(checkpoint),
      purged: () => this.#checkpointer.purged,
      complete: (checkpoint) => {
        installer.install(checkpoint);
      },
      notify,
      fail,
    });
  }

  #newCheckpointer(supplier: Supplier): Checkpointer {
    const { settings, self, past, ledger, delivery, driver, scheduler, task, fail, notify } = this.#options;
    const { logMarginBytes, chunkBytes } = this.#options;
    return new Checkpointer({
      ...{ settings, self, delivery, supplier, logMarginBytes, chunkBytes, task, notify, fail },
      store: ledger.checkpoints,
      membership: () => this.#membership,
      latest: past.verdict === null ? past.checkpoint : null,
      write: (records, done) => {
        driver.write(records, done);
      },
      isReceiving: () => this.#transfer.isActive || this.#installer.isActive,
      logStart: () => ledger.start,
      nextTurn: () => scheduler.turn(),
      announce: (message) => {
        driver.tell(EVERYONE, message);
      },
      condemn: (verdict, cause) => {
        driver.stopWith({ kind: 'verdict', verdict }, cause);
      },
    });
  }

  readonly #send = (to: ProcessId, message: WireMessage): void => {
    this.#options.driver.tell(to, message);
  };

  receive(from: ProcessId, message: RepairMessage | MessageOf<'decided'>): void {
    if (this.#membership === null) return; // What a group says concerns its members and observers alone.
    switch (message.kind) {
      case 'want-checkpoint':
        return this.offer(from, message.beyond);
      case 'offer':
        if (this.#expects(from, message.beyond)) this.#transfer.onOffer(from, message);
        return;
      case 'want-chunk':
        return this.#supplier.onWantChunk(from, message);
      case 'chunk':
        return this.#transfer.onChunk(from, message);
      case 'no-chunk':
        return this.#transfer.onNoChunk(from, message);
      case 'checkpointed':
        this.#checkpointer.onAnnounced(from, message, this.#membership.views.governing(message.next));
        return;
      case 'decided':
        if (this.#repairer.hasAsked(from)) this.#repairer.onDecided(message);
        return;
      default:
        unreachable(message);
    }
  }

  /** Offers that were not asked for do not count: otherwise any process could make this one drop its log. */
  #expects(from: ProcessId, beyond: Instance): boolean {
    return this.#options.core.expects(from, beyond) || this.#repairer.hasAsked(from);
  }

  /** A process lacks entries that the log no longer has: they are in a checkpoint, or will be when it asks again. */
  offer(to: ProcessId, beyond: Instance): void {
    const { current } = this.#supplier;
    if (current !== null && current.next > beyond)
      this.#options.driver.tell(to, { kind: 'offer', beyond, checkpoint: current });
    else if (this.#options.delivery.front.next > beyond) this.#makeCheckpoint();
  }

  /** Found while it was read for another process, which will ask a different one. */
  damaged(damage: DamagedLogError): void {
    if (this.#repairer.isIdle) this.damagedHere(damage);
  }

  /** Found while it was read for delivery, which waits. */
  damagedHere(damage: DamagedLogError): void {
    if (this.#isAlone) {
      this.#options.fail(damage);
      return;
    }
    this.#options.notify({ kind: 'damaged', what: 'log', error: damage });
    this.#repairer.repair(damage);
  }

  /** The checkpoint that delivery would go on from cannot be read: the log or another process's takes its place. */
  lostCheckpoint(error: TreplicaError): void {
    const { ledger, delivery, notify, fail } = this.#options;
    notify({ kind: 'damaged', what: 'base', error });
    this.#checkpointer.lost();
    const { verdict } = this.#installer;
    // To execute the log again might end as it did before.
    if (verdict !== null) this.#repairer.fetchCheckpoint(after(verdict.next, -1));
    else if (ledger.start === 0 && delivery.mayStartFromLog) delivery.startFromLog();
    else if (this.#isAlone) fail(error);
    else this.#repairer.fetchCheckpoint(after(ledger.start, -1));
  }

  get isHelpless(): boolean {
    return this.#repairer.isHelpless;
  }

  /** The data that others have been asked for to replace damaged or missing ones here; null if nothing is awaited. */
  get awaited(): Repairer['awaited'] {
    if (this.#installer.isActive) return null;
    return this.#transfer.isActive ? this.#transfer.awaited : this.#repairer.awaited;
  }

  /** Whether something is fetched, repaired or about to be gone on from: what others decide meanwhile comes later. */
  get isRecovering(): boolean {
    return this.#installer.isActive || this.#transfer.isActive || !this.#repairer.isIdle;
  }

  /** The checkpoint that a start would begin from; null while there is none. */
  get checkpointed(): Checkpoint | null {
    return this.#checkpointer.latest;
  }

  /** How often something large has been on its way here. */
  get arrivals(): number {
    return this.#arrivals;
  }

  arriving(arrival: Arriving): void {
    this.#arrivals += 1;
    this.#repairer.arriving(arrival.from);
    this.#transfer.arriving(arrival);
  }

  tick(): void {
    this.#repairer.tick();
    this.#transfer.tick();
    this.#supplier.tick();
    this.#checkpointer.tick();
  }

  /** Something has been delivered. */
  progressed(): void {
    this.#checkpointer.progressed();
  }

  /** As `Checkpointer.checkpoint`. */
  checkpoint(): Promise<Checkpoint> {
    return this.#checkpointer.checkpoint();
  }

  /** Resolves when nothing is read or written any more. */
  async close(): Promise<void> {
    await Promise.all([this.#checkpointer.close(), this.#transfer.close(), this.#supplier.close()]);
  }

  get #membership(): Membership | null {
    return membershipOf(this.#options.core);
  }

  get #others(): readonly ProcessId[] {
    return othersIn(this.#options.core.views, this.#options.self);
  }

  /** Whether the group has no other member: then no other process has the lost data. An observer is never alone. */
  get #isAlone(): boolean {
    return this.#options.core.views.isFounded && this.#others.length === 0;
  }

  #makeCheckpoint(): void {
    const { delivery, notify } = this.#options;
    if (delivery.keeper === null || delivery.isDisturbed) return;
    this.#checkpointer.checkpoint().catch((error: unknown) => {
      notify({ kind: 'checkpoint-failed', error });
    });
  }
}
