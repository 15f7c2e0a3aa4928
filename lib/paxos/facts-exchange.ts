import { constants } from '../model/constants.js';
import { TreplicaError } from '../model/errors.js';
import type { Facts } from '../model/facts.js';
import type { ProcessId } from '../model/ids.js';
import type { Settings } from '../model/settings.js';
import { sameStart, type Start } from '../model/start.js';
import { checkedFacts, type ParticipantFacts } from '../queue/facts.js';
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

/** The known facts of another process. */
interface Row {
  readonly start: Start;
  /** 0 where this start has published nothing. */
  readonly edition: number;
  readonly facts: Facts | null;
}

/**
 * The facts of all participants, as far as they have come. Each repeats its own to everybody, at intervals that double, and
 * begins with short ones again when it publishes others, or when a process is heard that is new or has been started anew. A
 * process that has published nothing says nothing.
 */
export class FactsExchange implements ParticipantFacts {
  readonly #options: FactsOptions;
  #own: Facts | null = null;
  #edition = 0;
  /** In the order in which they were heard last. */
  readonly #others = new Map<ProcessId, Row>();
  /** Since the own facts were told last. */
  #ticks = 0;
  #wait: number;
  #isClosed = false;

  constructor(options: FactsOptions) {
    this.#options = options;
    this.#wait = options.settings.factsTicks;
  }

  publish(facts: Facts): void {
    if (this.#isClosed) throw new TreplicaError('QUEUE_CLOSED', 'The queue is closed: nothing more is published.');
    this.#own = checkedFacts(facts);
    this.#edition += 1;
    this.#wait = this.#options.settings.factsTicks;
    this.#tell(this.#own);
    this.#options.changed(this.#options.self, this.#own);
  }

  of(process: ProcessId): Facts | undefined {
    const facts = process === this.#options.self ? this.#own : this.#others.get(process)?.facts;
    return facts ?? undefined;
  }

  *[Symbol.iterator](): Generator<readonly [ProcessId, Facts], void, undefined> {
    if (this.#own !== null) yield [this.#options.self, this.#own];
    for (const [process, { facts }] of this.#others) if (facts !== null) yield [process, facts];
  }

  /** `from` tells in `start` the facts that it has published. */
  receive(from: ProcessId, start: Start, { edition, facts }: FactsMessage): void {
    if (from === this.#options.self || this.#isClosed) return;
    const known = this.#meet(from, start);
    if (known === null || edition <= known.edition) return;
    this.#others.set(from, { start, edition, facts });
    this.#options.changed(from, facts);
  }

  /** `from` has been heard in `start`: its facts of an earlier start are no longer valid. */
  met(from: ProcessId, start: Start): void {
    if (from !== this.#options.self && !this.#isClosed) this.#meet(from, start);
  }

  tick(): void {
    if (this.#own === null || this.#isClosed) return;
    this.#ticks += 1;
    if (this.#ticks < this.#wait) return;
    this.#wait = Math.min(2 * this.#wait, this.#options.settings.factsTicksMax);
    this.#tell(this.#own);
  }

  close(): void {
    this.#isClosed = true;
  }

  /** Returns the known facts of this start of `from`; null if a later start is known. */
  #meet(from: ProcessId, start: Start): Row | null {
    const known = this.#others.get(from);
    if (known !== undefined && start.incarnation < known.start.incarnation) return null;
    const isNew = known === undefined || !sameStart(known.start, start);
    const row = isNew ? { start, edition: 0, facts: null } : known;
    this.#others.delete(from);
    this.#others.set(from, row);
    if (!isNew) return row;
    this.#forgetQuietest();
    this.#wait = this.#options.settings.factsTicks;
    if (known !== undefined && known.facts !== null) this.#options.changed(from, null);
    return row;
  }

  /** Members are kept, and of other processes those that were heard last: invented processes do not fill the memory. */
  #forgetQuietest(): void {
    if (this.#others.size <= constants.factsOthersMax) return;
    const members = new Set(this.#options.members());
    const others = [...this.#others.keys()].filter((process) => !members.has(process));
    for (const process of others.slice(0, Math.max(0, others.length - constants.factsOthersMax)))
      this.#others.delete(process);
  }

  #tell(facts: Facts): void {
    this.#ticks = 0;
    this.#options.tell({ kind: 'facts', edition: this.#edition, facts });
  }
}
