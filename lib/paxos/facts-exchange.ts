import { TreplicaError } from '../model/errors.js';
import type { Facts } from '../model/facts.js';
import type { ProcessId } from '../model/ids.js';
import type { Settings } from '../model/settings.js';
import type { Start } from '../model/start.js';
import { checkedFacts, type ParticipantFacts } from '../queue/facts.js';
import { Announcements } from './announcements.js';
import type { FactsMessage } from './wire/facts-messages.js';

export interface FactsOptions {
  readonly settings: Settings;
  readonly self: ProcessId;
  /** The members of the latest view; null before there is one. */
  readonly members: () => readonly ProcessId[] | null;
  /** Sends to everybody, best effort. */
  readonly tell: (message: FactsMessage) => void;
  /** Something else than before is known of a process; null where its latest start has published nothing yet. */
  readonly changed: (process: ProcessId, facts: Facts | null) => void;
}

/** The facts of all participants, as far as they have come. A process that has published nothing says nothing. */
export class FactsExchange implements ParticipantFacts {
  readonly #options: FactsOptions;
  readonly #others: Announcements<Facts>;
  #own: Facts | null = null;
  #edition = 0;
  #isClosed = false;

  constructor(options: FactsOptions) {
    this.#options = options;
    const { settings, members, tell } = options;
    this.#others = new Announcements({
      ...{ settings, members },
      tell: () => {
        if (this.#own !== null) tell({ kind: 'facts', edition: this.#edition, facts: this.#own });
      },
    });
  }

  publish(facts: Facts): void {
    if (this.#isClosed) throw new TreplicaError('QUEUE_CLOSED', 'The queue is closed: nothing more is published.');
    this.#own = checkedFacts(facts);
    this.#edition += 1;
    this.#others.changed();
    this.#options.changed(this.#options.self, this.#own);
  }

  of(process: ProcessId): Facts | undefined {
    return (process === this.#options.self ? this.#own : this.#others.of(process)) ?? undefined;
  }

  *[Symbol.iterator](): Generator<readonly [ProcessId, Facts], void, undefined> {
    if (this.#own !== null) yield [this.#options.self, this.#own];
    yield* this.#others;
  }

  /** `from` tells in `start` the facts that it has published. */
  receive(from: ProcessId, start: Start, { edition, facts }: FactsMessage): void {
    this.met(from, start);
    if (from === this.#options.self || this.#isClosed) return;
    if (this.#others.receive(from, start, edition, facts)) this.#options.changed(from, facts);
  }

  /** `from` has been heard in `start`: its facts of an earlier start are no longer valid. */
  met(from: ProcessId, start: Start): void {
    if (from === this.#options.self || this.#isClosed) return;
    if (this.#others.meet(from, start)) this.#options.changed(from, null);
  }

  tick(): void {
    if (this.#own !== null && !this.#isClosed) this.#others.tick();
  }

  close(): void {
    this.#isClosed = true;
  }
}
