import type { DeliveredBatch } from '../../queue/state-holder.js';
import { type BatchContent, unpackBody } from '../../sequence/batch-body.js';
import { type Agreement, nameOf } from './agreement.js';
import { type Turn, Turns } from './turns.js';

type Report = (text: string) => void;

/** Told of every batch to be executed, with the place of its first message and its id. */
type Listener = (place: number, content: BatchContent, id: string) => void;

/**
 * One order without gaps: every process is handed the same messages at the same positions, one after the other, namely
 * those of the chosen batches in instance order, each batch once and after those that its process has proposed before it.
 */
export class OneOrder {
  readonly #agreement: Agreement;
  readonly #report: Report;
  readonly #listener: Listener;
  readonly #messages: Buffer[] = [];
  /** The instance that each message was chosen at. */
  readonly #instances: number[] = [];
  /** The instance that each message was ordered at: later where its batch was chosen before its turn. */
  readonly #orderedAt: number[] = [];
  readonly #turns: Turns;
  #next = 0;

  constructor(agreement: Agreement, report: Report, listener: Listener, deliveryRowsMax?: number) {
    this.#turns = new Turns(deliveryRowsMax);
    this.#agreement = agreement;
    this.#report = report;
    this.#listener = listener;
  }

  get length(): number {
    return this.#messages.length;
  }

  instanceOf(position: number): number | undefined {
    return this.#instances[position];
  }

  /** A process that has executed `expected` messages is handed a batch. */
  delivers(name: string, expected: number, { position, messages }: DeliveredBatch): void {
    if (position !== expected) {
      this.#report(`${name} is handed position ${position} after ${expected} messages`);
      return;
    }
    this.#follow(position + messages.length);
    messages.forEach((message, i) => {
      const ordered = this.#messages[position + i];
      if (ordered === undefined)
        this.#report(`${name} is handed a message at ${position + i} that has not been chosen`);
      else if (!ordered.equals(message))
        this.#report(`${name} is handed another message at ${position + i} than was chosen`);
    });
  }

  /** A process that had executed `before` messages goes on from a state that has seen `position` of them. */
  restored(name: string, before: number, position: number): void {
    if (position < before) this.#report(`${name} goes back from ${before} messages to ${position}`);
  }

  /** How many messages come before an instance; undefined where not all of it has been chosen. */
  placeOf(instance: number): number | undefined {
    while (this.#next < instance && this.#next < this.#agreement.front) this.#lineUp();
    if (this.#next < instance) return undefined;
    let place = this.#messages.length;
    while (place > 0 && (this.#orderedAt[place - 1] ?? 0) >= instance) place -= 1;
    return place;
  }

  /** Lines up what has been chosen, until there are `length` messages. */
  #follow(length: number): void {
    while (this.#messages.length < length && this.#next < this.#agreement.front) this.#lineUp();
  }

  /** The next instance, at which something has been chosen. */
  #lineUp(): void {
    const instance = this.#next;
    this.#next += 1;
    const id = this.#agreement.chosenAt(instance) ?? '';
    const bytes = this.#agreement.bodyOf(id)?.length ?? 0;
    for (const turn of this.#turns.chosen(instance, id, bytes)) this.#append(turn, instance);
  }

  #append({ id, instance }: Turn, orderedAt: number): void {
    const body = this.#agreement.bodyOf(id);
    if (body === undefined) {
      this.#report(`${nameOf(id)} is chosen at ${instance} and nobody knows what is in it`);
      return;
    }
    const content = unpackBody(body);
    const place = this.#messages.length;
    for (const message of content.messages) {
      this.#messages.push(message);
      this.#instances.push(instance);
      this.#orderedAt.push(orderedAt);
    }
    this.#listener(place, content, id);
  }
}
