import type { StateMachine } from '../machine/state-machine.js';
import type { Ticket } from '../machine/ticket.js';
import type { Batch } from '../model/batch.js';
import type { ProcessId } from '../model/ids.js';
import type { LedgerRecord, LedgerSnapshot } from '../model/records.js';
import { defaults } from '../model/settings.js';
import type { WireMessage } from '../paxos/wire/routes.js';
import type { DeliveredBatch } from '../queue/state-holder.js';
import { unpackChange } from '../sequence/view-change.js';
import { Agreement } from './checkers/agreement.js';
import { CallOrder } from './checkers/call-order.js';
import { DecidedTime } from './checkers/decided-time.js';
import { Durability } from './checkers/durability.js';
import type { Electorate } from './checkers/electorate.js';
import { EqualCheckpoints } from './checkers/equal-checkpoints.js';
import { EqualStates } from './checkers/equal-states.js';
import { ExactlyOnce } from './checkers/exactly-once.js';
import { ApplicationInvariants } from './checkers/invariants.js';
import { KeyRotation } from './checkers/key-rotation.js';
import { Monotonicity, type OnDisk } from './checkers/monotonicity.js';
import { Observers } from './checkers/observers.js';
import { OneOrder } from './checkers/one-order.js';
import { Phases } from './checkers/phases.js';
import type { Held } from './checkers/reference.js';
import { Replacements } from './checkers/replacements.js';
import { Retention } from './checkers/retention.js';
import { StableStorage } from './checkers/stable-storage.js';
import type { Clock } from './clock.js';
import type { OpenCall } from './history.js';
import type { SimulatedKeyFile } from './key-file.js';
import { OpenChanges } from './open-changes.js';
import type { ProcessFacts, Stage } from './stage.js';

/** Tells the checkers of all that passes through the ports. They know the protocol's rules and nothing of its code. */
export class Watch<S extends StateMachine> {
  readonly #queueId: string;
  readonly #agreement: Agreement;
  readonly #order: OneOrder;
  readonly #exactlyOnce: ExactlyOnce;
  readonly #callOrder: CallOrder;
  readonly #durability: Durability;
  readonly #decidedTime: DecidedTime;
  readonly #disks: Monotonicity;
  readonly #stableStorage: StableStorage;
  readonly #phases: Phases;
  readonly #observers: Observers;
  readonly #retention: Retention;
  readonly #equalCheckpoints: EqualCheckpoints;
  readonly #equalStates: EqualStates<S>;
  readonly #invariants: ApplicationInvariants<S>;
  /** Null where no keys change. */
  readonly keyRotation: KeyRotation | null;
  readonly #replacements: Replacements;
  readonly #stage: Stage<S>;
  /** The changes of the members that have been proposed. */
  readonly #changes = new Set<string>();
  readonly openChanges = new OpenChanges();
  /** Calls by the promises that they wait for, which are their tickets' too: an operation may be executed twice at a time. */
  readonly #calls = new WeakMap<object, OpenCall>();

  constructor(
    stage: Stage<S>,
    clocks: () => readonly Clock[],
    keyFileOf: (id: ProcessId) => SimulatedKeyFile | undefined,
  ) {
    const { queueId, replicas, initialState, invariants, checkpoint, deliveryRowsMax, keys, autoReplaceMs } =
      stage.scene;
    const report = (checker: string) => (text: string) => stage.log.violate(checker, text);
    this.#queueId = queueId;
    this.#stage = stage;
    this.#replacements = new Replacements(
      autoReplaceMs === undefined ? null : autoReplaceMs * 1_000,
      defaults.windowInstances,
      report('replacements'),
    );
    this.#agreement = new Agreement(replicas, report('agreement'));
    this.#exactlyOnce = new ExactlyOnce(report('exactly once'));
    this.#callOrder = new CallOrder(report('call order'));
    this.#equalStates = new EqualStates(
      initialState,
      (action) => stage.executing(null, action),
      report('equal states'),
      checkpoint !== undefined,
    );
    this.#order = new OneOrder(
      this.#agreement,
      report('one order'),
      (place, content, id) => {
        this.#exactlyOnce.ordered(content.messages);
        this.#callOrder.ordered(id, content.messages);
        this.#equalStates.ordered(place, content);
      },
      deliveryRowsMax,
    );
    this.#disks = new Monotonicity(report('monotonicity'));
    this.#stableStorage = new StableStorage(this.#disks, this.#agreement, report('stable storage'));
    this.#phases = new Phases(this.#disks, this.#agreement, report('phases'));
    this.#observers = new Observers(report('observers'));
    this.#retention = new Retention(report('retention'));
    this.#equalCheckpoints = new EqualCheckpoints(this.#order, report('equal checkpoints'));
    this.#durability = new Durability(this.#agreement, this.#order, report('durability'));
    this.#decidedTime = new DecidedTime(clocks, () => stage.timeMs, report('decided time'));
    this.keyRotation = keys === 'files' ? new KeyRotation(stage, keyFileOf, report('rotation')) : null;
    this.#invariants = new ApplicationInvariants(invariants, report('invariants'));
  }

  /** Records of a process are on its disk, whether it knows or not. */
  durable(process: ProcessFacts<S>, records: readonly LedgerRecord[]): void {
    const { label, id } = process;
    process.damage.durable(records);
    for (const record of records)
      if (record.kind === 'identity') this.#callOrder.begins(record.process, record.incarnation);
    this.#disks.durable(label, records);
    if (process.isPutBack || !this.electorate.hasHadVote(label, id)) this.#observers.durable(label, records);
    this.#agreement.durable(label, records);
    this.#equalCheckpoints.durable(label, records);
    this.keyRotation?.durable(process.id, records);
    this.#durability.durable(label, records);
  }

  /** A process has read what it needs to know of its past, and found nothing wrong with it. */
  loads(process: ProcessFacts<S>, snapshot: LedgerSnapshot): void {
    this.keyRotation?.loads(process.id, snapshot, process.isPutBack);
    if (process.isPutBack) {
      this.#disks.adopt(process.label, snapshot);
      return;
    }
    this.#disks.loads(process.label, snapshot);
    this.holds(process);
  }

  /** The contents of the disk of a process, damage aside. */
  diskOf(process: ProcessFacts<S>): OnDisk {
    return this.#disks.diskOf(process.label);
  }

  /** Checks that the disk of a process holds everything that the process cannot do without. */
  holds(process: ProcessFacts<S>): void {
    if (process.isPutBack) return;
    const { disk, label, damage } = process;
    this.#retention.holds(label, disk.file(this.#queueId), this.diskOf(process), damage);
  }

  /** The process of this id is no more: its disk is gone, or what it holds cannot be relied on. */
  retires(id: ProcessId): void {
    this.#observers.retires(id);
    this.keyRotation?.retires(id);
  }

  /** The process that has this name by now has an empty disk, or one that cannot be relied on. */
  comesWithoutVote(label: string): void {
    this.electorate.comesWithoutVote(label);
  }

  /** The members, as follows from what is chosen. */
  get electorate(): Electorate {
    return this.#agreement.electorate;
  }

  /** A process takes part under an id. */
  opens(process: ProcessFacts<S>, id: ProcessId): void {
    this.#observers.opens(process.label, id);
  }

  /** A message of another process has come. */
  hears({ name }: ProcessFacts<S>, from: ProcessId): void {
    this.#replacements.heard(name, from, this.#stage.nowUs);
  }

  /** A process hands a message to its transport. */
  says(process: ProcessFacts<S>, message: WireMessage): void {
    const { id, label, isLost, recovers } = process;
    this.keyRotation?.says(id, message);
    if (message.kind === 'batch' || message.kind === 'propose') this.#proposes(process, message.batch);
    if (isLost && !recovers && !process.isPutBack) {
      this.#stableStorage.saysAsStranger(label, message);
      return;
    }
    const hasVote = !process.isPutBack && this.electorate.hasHadVote(label, id);
    if (process.isPutBack) this.#observers.saysUnaware(label, id, message);
    else if (hasVote) this.#observers.saysAsMember(id, message);
    else this.#observers.says(label, message);
    this.#stableStorage.says(label, message);
    if (hasVote) this.#phases.says(label, message);
  }

  #proposes(process: ProcessFacts<S>, { id, body }: Batch): void {
    if (id[16] !== 'v' || !id.startsWith(process.id) || this.#changes.has(id)) return;
    this.#changes.add(id);
    this.electorate.proposed(id, body);
    const change = unpackChange(body);
    const before = change === null ? undefined : this.electorate.views[change.follows]?.members;
    if (change === null || before === undefined) return;
    const { members } = change;
    if (this.openChanges.hasAsked(process.id, before, members)) return;
    const watermarkOf = (label: string): number => this.#disks.diskOf(label).watermark;
    this.#replacements.proposed({
      by: process.name,
      removed: before.filter((member) => !members.some((id) => id === member)),
      added: members.filter((member) => !before.includes(member)),
      nowUs: this.#stage.nowUs,
      lagOf: (observer) => watermarkOf(process.label) - watermarkOf(this.electorate.labelOf(observer)),
    });
  }

  /** A caller waits for the outcome of an operation. */
  called(answer: Promise<unknown>, call: OpenCall): void {
    this.#calls.set(answer, call);
  }

  /** A queue has taken a message. */
  submitted({ id }: ProcessFacts<S>, message: Uint8Array): void {
    this.#exactlyOnce.submitted(message);
    this.#callOrder.submitted(id, message);
  }

  /** A queue hands a batch over to the machine, which has executed `before` operations. */
  delivers(process: ProcessFacts<S>, before: number, batch: DeliveredBatch): void {
    this.#order.delivers(process.name, before, batch);
    this.#decidedTime.delivers(process.name, batch);
    if (batch.tickets === null) return;
    this.#durability.acknowledged(process.name, batch);
    batch.tickets.forEach((ticket, i) => {
      const call = this.#calls.get((ticket as Ticket).promise);
      if (call !== undefined) call.position = batch.position + i;
    });
  }

  /** The machine, which had executed `before` operations, has executed a batch. */
  executed(process: ProcessFacts<S>, before: number, position: number, held: Held<S>): void {
    if (!this.#equalStates.executed(process.name, before, position, held)) return;
    this.#invariants.executed(process.name, position, held.state);
  }

  /** The state of a machine, which has executed `position` operations, is about to be saved. */
  saves({ name }: ProcessFacts<S>, position: number, held: Held<S>): void {
    this.#equalStates.compareAnywhere(name, position, held);
  }

  /** A machine, which had executed `before` operations, goes on from a state that says that it has executed `position`. */
  restored({ name }: ProcessFacts<S>, before: number, position: number, held: Held<S>): void {
    this.#order.restored(name, before, position);
    this.#equalStates.compareAnywhere(name, position, held);
    this.#invariants.executed(name, position, held.state);
  }

  /** A caller is told what its operation returned or threw. */
  told(call: OpenCall, outcome: () => unknown): void {
    if (call.kind === 'operation' && call.position !== null)
      this.#equalStates.told(call.process, call.position, outcome);
  }

  /** At the end: every process that has come through holds everything. */
  finish(survivors: readonly ProcessFacts<S>[]): void {
    for (const { name, life } of survivors) {
      if (!life?.machine || life.replica === null) continue;
      this.#durability.finish(name, life.position);
      this.#equalStates.compare(name, life.position, life.replica);
      this.#invariants.executed(name, life.position, life.replica.state);
    }
  }
}
