import type { ProcessId } from '../../model/ids.js';
import type { LedgerRecord } from '../../model/records.js';
import { unpackChange, type ViewChange } from '../../sequence/view-change.js';
import { majorityOf, quorumOf } from './votes.js';

/** The members that vote at an instance, by the labels of their processes. */
interface Electors {
  readonly size: number;
  /** Null where all are members but those that have come without a vote: so it is until the view changes. */
  readonly labels: ReadonlySet<string> | null;
}

/** A view, in the order of their numbers, and the first instance that it governs. */
export interface Governing {
  readonly from: number;
  readonly members: readonly string[];
}

/** Is told of the view that a change makes, or null where the change is void, and of the id of the change's proposer. */
type ChangeListener = (view: Governing | null, proposer: ProcessId) => void;

/**
 * A second implementation of which view governs which instance, from what is chosen alone: so that the product's is not checked
 * against itself.
 */
export class Electorate {
  readonly #everybody: Electors;
  /** The labels of processes, by their ids. */
  readonly #labels = new Map<string, string>();
  /** The labels of processes that come without a vote: with an empty disk, or with one that cannot be relied on. */
  readonly #withoutVote = new Set<string>();
  readonly #views: Governing[] = [];
  /** The changes that have been proposed, by the ids of their values. */
  readonly #proposed = new Map<string, ViewChange>();
  readonly #listeners: ChangeListener[] = [];
  #borderInstances = Infinity;

  constructor(n: number) {
    this.#everybody = { size: n, labels: null };
  }

  durable(label: string, records: readonly LedgerRecord[]): void {
    for (const record of records) {
      if (record.kind === 'identity') {
        // An id belongs to the disk on which it was first: not to an earlier copy that is put back later.
        if (!this.#labels.has(record.process)) this.#labels.set(record.process, label);
      } else if (record.kind === 'view' && this.#views.length <= 1 && record.record.view.number === 0) {
        // A founding may be given up: then the view of another one takes its place.
        this.#views[0] = { from: record.record.from, members: record.record.view.members };
        this.#borderInstances = record.borderInstances;
      }
    }
  }

  comesWithoutVote(label: string): void {
    this.#withoutVote.add(label);
  }

  labelOf(id: string): string {
    return this.#labels.get(id) ?? id;
  }

  /** The views so far, ascending. */
  get views(): readonly Governing[] {
    return this.#views;
  }

  /** A value is proposed. Returns the change if it is one that has not been proposed before. */
  proposed(id: string, body: Uint8Array): ViewChange | null {
    if (id[16] !== 'v' || this.#proposed.has(id)) return null;
    const change = unpackChange(body);
    if (change !== null) this.#proposed.set(id, change);
    return change;
  }

  /** The members of the views that may follow the latest: of each change that has been proposed and is not void yet. */
  get toCome(): readonly (readonly string[])[] {
    const next = [...this.#proposed.values()].filter(({ follows }) => follows === this.#views.length - 1);
    return next.map(({ members }) => members);
  }

  /** Whether a process has ever been a member under this id. */
  hasHadVote(label: string, id: string): boolean {
    return !this.#withoutVote.has(label) || this.#views.some(({ members }) => members.includes(id));
  }

  /** The listener is told of each change that is decided. */
  onDecided(listener: ChangeListener): void {
    this.#listeners.push(listener);
  }

  /** A value is chosen: to be told in the order of the instances. */
  chosen(instance: number, id: string, body: Uint8Array | undefined): void {
    const latest = this.#views.at(-1);
    if (id[16] !== 'v' || body === undefined || latest === undefined) return;
    const change = unpackChange(body);
    if (change?.follows !== this.#views.length - 1 || instance < latest.from) {
      this.#tell(null, id);
      return;
    }
    const view = { from: instance + this.#borderInstances, members: change.members };
    this.#views.push(view);
    this.#tell(view, id);
  }

  at(instance: number): Electors {
    if (this.#views.length <= 1) return this.#everybody;
    const view = this.#views.filter(({ from }) => from <= instance).at(-1) ?? this.#views[0];
    const members = view?.members ?? [];
    return { size: members.length, labels: new Set(members.map((id) => this.labelOf(id))) };
  }

  /** Of these processes, those that vote at the instance. */
  among(instance: number, labels: Iterable<string>): string[] {
    const { labels: electors } = this.at(instance);
    return [...labels].filter((label) => (electors === null ? !this.#withoutVote.has(label) : electors.has(label)));
  }

  majorityAt(instance: number): number {
    return majorityOf(this.at(instance).size);
  }

  quorumAt(instance: number, ballot: Parameters<typeof quorumOf>[1]): number {
    return quorumOf(this.at(instance).size, ballot);
  }

  #tell(view: Governing | null, change: string): void {
    for (const listener of this.#listeners) listener(view, change.slice(0, 16) as ProcessId);
  }
}
