import type { LedgerRecord } from '../../model/records.js';
import { unpackChange } from '../../sequence/view-change.js';
import { majorityOf, quorumOf } from './votes.js';

/** The members that vote at an instance, by the labels of their processes. */
interface Electors {
  readonly size: number;
  /** Null where all processes are members: so they are until the view changes. */
  readonly labels: ReadonlySet<string> | null;
}

interface Governing {
  readonly from: number;
  readonly members: readonly string[];
}

/**
 * A second implementation of which view governs which instance, from what is chosen alone: so that the product's is not checked
 * against itself. Processes keep their ids where the view changes.
 */
export class Electorate {
  readonly #everybody: Electors;
  /** The labels of processes, by their ids. */
  readonly #labels = new Map<string, string>();
  readonly #views: Governing[] = [];
  #borderInstances = Infinity;

  constructor(n: number) {
    this.#everybody = { size: n, labels: null };
  }

  durable(label: string, records: readonly LedgerRecord[]): void {
    for (const record of records) {
      if (record.kind === 'identity') this.#labels.set(record.process, label);
      else if (record.kind === 'view' && this.#views.length === 0 && record.record.view.number === 0) {
        this.#views.push({ from: record.record.from, members: record.record.view.members });
        this.#borderInstances = record.borderInstances;
      }
    }
  }

  /** A value is chosen: to be told in the order of the instances. */
  chosen(instance: number, id: string, body: Uint8Array | undefined): void {
    const latest = this.#views.at(-1);
    if (id[16] !== 'v' || body === undefined || latest === undefined) return;
    const change = unpackChange(body);
    if (change?.follows !== this.#views.length - 1 || instance < latest.from) return;
    this.#views.push({ from: instance + this.#borderInstances, members: change.members });
  }

  at(instance: number): Electors {
    if (this.#views.length <= 1) return this.#everybody;
    const view = this.#views.filter(({ from }) => from <= instance).at(-1) ?? this.#views[0];
    const members = view?.members ?? [];
    return { size: members.length, labels: new Set(members.map((id) => this.#labels.get(id) ?? id)) };
  }

  /** Of these processes, those that vote at the instance. */
  among(instance: number, labels: Iterable<string>): string[] {
    const { labels: electors } = this.at(instance);
    return [...labels].filter((label) => electors?.has(label) !== false);
  }

  majorityAt(instance: number): number {
    return majorityOf(this.at(instance).size);
  }

  quorumAt(instance: number, ballot: Parameters<typeof quorumOf>[1]): number {
    return quorumOf(this.at(instance).size, ballot);
  }
}
