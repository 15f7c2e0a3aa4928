import type { Message } from '../consensus/messages.js';
import type { StateMachine } from '../machine/state-machine.js';
import type { Ticket } from '../machine/ticket.js';
import type { LedgerRecord } from '../model/records.js';
import type { DeliveredBatch } from '../queue/state-holder.js';
import { Agreement } from './checkers/agreement.js';
import { Durability } from './checkers/durability.js';
import { EqualStates } from './checkers/equal-states.js';
import { ExactlyOnce } from './checkers/exactly-once.js';
import { ApplicationInvariants } from './checkers/invariants.js';
import { Monotonicity } from './checkers/monotonicity.js';
import { OneOrder } from './checkers/one-order.js';
import { Phases } from './checkers/phases.js';
import { StableStorage } from './checkers/stable-storage.js';
import type { OpenCall } from './history.js';
import type { SimulatedProcess } from './process.js';
import type { World } from './world.js';

/** Tells the checkers of all that passes through the ports. They know the protocol's rules and nothing of its code. */
export class Watch<S extends StateMachine> {
  readonly #agreement: Agreement;
  readonly #order: OneOrder;
  readonly #exactlyOnce: ExactlyOnce;
  readonly #durability: Durability;
  readonly #monotonicity: Monotonicity;
  readonly #stableStorage: StableStorage;
  readonly #phases: Phases;
  readonly #equalStates: EqualStates<S>;
  readonly #invariants: ApplicationInvariants<S>;
  /** Calls by the promises that they wait for, which are their tickets' too: an operation may be executed twice at a time. */
  readonly #calls = new WeakMap<object, OpenCall>();

  constructor(world: World<S>) {
    const { replicas, initialState, invariants } = world.scene;
    const report = (checker: string) => (text: string) => world.log.violate(checker, text);
    this.#agreement = new Agreement(replicas, report('agreement'));
    this.#exactlyOnce = new ExactlyOnce(report('exactly once'));
    this.#equalStates = new EqualStates(
      initialState,
      (action) => world.executing(null, action),
      report('equal states'),
    );
    this.#order = new OneOrder(this.#agreement, report('one order'), (place, content) => {
      this.#exactlyOnce.ordered(content.messages);
      this.#equalStates.ordered(place, content);
    });
    this.#monotonicity = new Monotonicity(report('monotonicity'));
    this.#stableStorage = new StableStorage(this.#monotonicity, this.#agreement, report('stable storage'));
    this.#phases = new Phases(replicas, this.#monotonicity, this.#agreement, report('phases'));
    this.#durability = new Durability(replicas, this.#agreement, this.#order, report('durability'));
    this.#invariants = new ApplicationInvariants(invariants, report('invariants'));
  }

  /** Records of a process are on its disk, whether it knows or not. */
  durable(process: SimulatedProcess<S>, records: readonly LedgerRecord[]): void {
    if (process.isLost) return;
    this.#monotonicity.durable(process.name, records);
    this.#agreement.durable(process.name, records);
    this.#durability.durable(process.index, records);
  }

  /** A process hands a message to its transport. */
  says(process: SimulatedProcess<S>, message: Message): void {
    if (process.isLost) {
      this.#stableStorage.saysAsStranger(process.name, message);
      return;
    }
    this.#stableStorage.says(process.name, message);
    this.#phases.says(process.name, message);
  }

  /** A caller waits for the outcome of an operation. */
  called(answer: Promise<unknown>, call: OpenCall): void {
    this.#calls.set(answer, call);
  }

  /** A queue has taken a message. */
  submitted(message: Uint8Array): void {
    this.#exactlyOnce.submitted(message);
  }

  /** A queue hands a batch over to the machine, which has executed `before` operations. */
  delivers(process: SimulatedProcess<S>, before: number, batch: DeliveredBatch): void {
    this.#order.delivers(process.name, before, batch);
    if (batch.tickets === null) return;
    this.#durability.acknowledged(process.name, batch);
    batch.tickets.forEach((ticket, i) => {
      const call = this.#calls.get((ticket as Ticket).promise);
      if (call !== undefined) call.position = batch.position + i;
    });
  }

  /** The machine, which had executed `before` operations, has executed a batch. */
  executed(process: SimulatedProcess<S>, before: number, position: number, state: S): void {
    if (!this.#equalStates.executed(process.name, before, position, state)) return;
    this.#invariants.executed(process.name, position, state);
  }

  /** A caller is told what its operation returned or threw. */
  told(call: OpenCall, outcome: () => unknown): void {
    if (call.kind === 'operation' && call.position !== null)
      this.#equalStates.told(call.process, call.position, outcome);
  }

  /** At the end: every process that has come through holds everything. */
  finish(survivors: readonly SimulatedProcess<S>[]): void {
    for (const { name, life, machine } of survivors) {
      if (life === null || machine === null) continue;
      this.#durability.finish(name, life.position);
      this.#equalStates.compare(name, life.position, machine.state);
      this.#invariants.executed(name, life.position, machine.state);
    }
  }
}
