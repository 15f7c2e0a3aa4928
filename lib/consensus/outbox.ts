import { assert } from '../model/assert.js';
import { type Ballot, sameBallot } from '../model/ballot.js';
import type { Checkpoint } from '../model/checkpoint.js';
import type { Instance, ProcessId } from '../model/ids.js';
import type { LedgerRecord } from '../model/records.js';
import { type Decision, type Effects, isMergedInto, type Notice, type Supply } from './effects.js';
import { EVERYONE, type Item, type Message, type Outgoing } from './messages.js';
import { Questions } from './questions.js';

interface ItemsOfBallot {
  readonly ballot: Ballot;
  readonly items: Item[];
}

/**
 * Gathers what the handlers want done until the driver takes it. Votes and accepts of one turn are merged into one
 * message a ballot, or into as many as fit datagrams: what is larger takes another way, on which a lost piece delays all of it. A process hears its own messages without the network: it hears at once those that may leave at
 * once, and those that rest on records when the records are durable.
 */
export class Outbox {
  readonly #self: ProcessId;
  readonly #itemsAMessage: number;
  #messages: Outgoing[] = [];
  #durable: Outgoing[] = [];
  #records: LedgerRecord[] = [];
  #writesWatermark = false;
  #installed: Checkpoint | null = null;
  #decided: Decision[] = [];
  #readable: number[] = [];
  #supplies: Supply[] = [];
  #notices: Notice[] = [];
  #accepts: ItemsOfBallot[] = [];
  #votes: ItemsOfBallot[] = [];
  #local: Message[] = [];
  #localOnceDurable: Message[] = [];
  /**
   * The messages of these that depend on records already taken: messages made while a commit is under way wait for the next.
   */
  #localTaken: Message[] = [];
  /** The questions that have been asked. */
  readonly questions = new Questions();

  /** `itemsAMessage`: votes or accepts that one message may have at most. */
  constructor(self: ProcessId, itemsAMessage = Infinity) {
    this.#self = self;
    this.#itemsAMessage = itemsAMessage;
  }

  /** Whether nothing is to be done: nothing to be sent, written or handed over, and nothing waits to be heard here. */
  get isEmpty(): boolean {
    return (
      this.#messages.length +
        this.#durable.length +
        this.#records.length +
        this.#decided.length +
        this.#readable.length +
        this.#supplies.length +
        this.#notices.length +
        this.#accepts.length +
        this.#votes.length +
        this.#localOnceDurable.length ===
      0
    );
  }

  /** For a message that depends on nothing that is not durable. */
  send(to: ProcessId | typeof EVERYONE, message: Message): void {
    if (to === this.#self || to === EVERYONE) this.#local.push(message);
    if (to === this.#self) return;
    this.questions.note(to, message);
    this.#messages.push({ to, message });
  }

  /** For a message that nobody may hear before the records of this turn are durable. */
  sendOnceDurable(to: ProcessId | typeof EVERYONE, message: Message): void {
    if (to === this.#self || to === EVERYONE) this.#localOnceDurable.push(message);
    if (to !== this.#self) this.#durable.push({ to, message });
  }

  /** Drops a message that waits for the records of this turn, because it will be untrue when they are durable. */
  unsay(isMeant: (message: Message) => boolean): void {
    this.#durable = this.#durable.filter(({ message }) => !isMeant(message));
    this.#localOnceDurable = this.#localOnceDurable.filter((message) => !isMeant(message));
  }

  /** The watermark of this turn is to be written even where there are no other records: others wait for it. */
  writeWatermark(): void {
    this.#writesWatermark = true;
  }

  persist(record: LedgerRecord): void {
    this.#records.push(record);
  }

  accept(ballot: Ballot, item: Item): void {
    add(this.#accepts, ballot, item);
  }

  vote(ballot: Ballot, item: Item): void {
    add(this.#votes, ballot, item);
  }

  /** For a vote that has been asked for again: in one turn it is told once. */
  voteAgain(ballot: Ballot, item: Item): void {
    const isTold = this.#votes.some(
      (group) => sameBallot(group.ballot, ballot) && group.items.some(({ instance }) => instance === item.instance),
    );
    if (!isTold) this.vote(ballot, item);
  }

  /** Delivery is to go on from the checkpoint, of which the record becomes durable along with the watermark. */
  install(checkpoint: Checkpoint): void {
    assert(this.#records.length + this.#decided.length === 0, 'a checkpoint is installed between two turns', {
      checkpoint,
    });
    this.#installed = checkpoint;
    this.persist({ kind: 'checkpoint', checkpoint });
  }

  decide(decision: Decision): void {
    this.#decided.push(decision);
  }

  /** The decisions that have not been taken yet. */
  get decided(): readonly Decision[] {
    return this.#decided;
  }

  readable(ticket: number): void {
    this.#readable.push(ticket);
  }

  supply(supply: Supply): void {
    if (!isMergedInto(this.#supplies, supply)) this.#supplies.push(supply);
  }

  notice(notice: Notice): void {
    this.#notices.push(notice);
  }

  /** The messages of this process to itself, oldest first; undefined when there is none left. */
  nextLocal(): Message | undefined {
    return this.#local.shift();
  }

  /** Turns the accepts gathered so far into messages, which this process hears too. */
  flushAccepts(): void {
    if (this.#accepts.length === 0) return;
    const accepts = this.#accepts;
    this.#accepts = [];
    for (const { ballot, items } of this.#cut(accepts)) this.send(EVERYONE, { kind: 'accept', ballot, items });
  }

  /**
   * Everything since the last call. A watermark that moved is written along with other records, and by itself only when
   * that is asked for: what it says can be learnt again from the group.
   */
  take(watermark: Instance, hasWatermarkMoved: boolean, tellsWatermark = false): Effects {
    for (const { ballot, items } of this.#cut(this.#votes)) {
      this.sendOnceDurable(EVERYONE, { kind: 'accepted', ballot, watermark, items });
    }
    this.#votes = [];
    if (hasWatermarkMoved && (tellsWatermark || this.#writesWatermark || this.#records.length > 0))
      this.#records.push({ kind: 'watermark', watermark });
    const effects: Effects = {
      messages: this.#messages,
      records: this.#records,
      votes: this.#durable,
      installed: this.#installed,
      decided: this.#decided,
      readable: this.#readable,
      supplies: this.#supplies,
      notices: this.#notices,
    };
    this.#writesWatermark = false;
    this.#localTaken = this.#localOnceDurable;
    this.#localOnceDurable = [];
    this.#messages = [];
    this.#records = [];
    this.#durable = [];
    this.#installed = null;
    this.#decided = [];
    this.#readable = [];
    this.#supplies = [];
    this.#notices = [];
    return effects;
  }

  #cut(groups: readonly ItemsOfBallot[]): readonly ItemsOfBallot[] {
    const max = this.#itemsAMessage;
    if (groups.every(({ items }) => items.length <= max)) return groups;
    return groups.flatMap(({ ballot, items }) =>
      Array.from({ length: Math.ceil(items.length / max) }, (_, i) => ({
        ballot,
        items: items.slice(i * max, (i + 1) * max),
      })),
    );
  }

  /** The records last taken are durable: the messages that depended on them are now heard here as well. */
  durable(): void {
    this.#local.push(...this.#localTaken);
    this.#localTaken = [];
  }
}

function add(groups: ItemsOfBallot[], ballot: Ballot, item: Item): void {
  const group = groups.at(-1);
  if (group !== undefined && sameBallot(group.ballot, ballot)) group.items.push(item);
  else groups.push({ ballot, items: [item] });
}
