import { assert } from '../../model/assert.js';
import type { GroupId, Instance, ProcessId } from '../../model/ids.js';
import type { View, ViewRecord } from '../../model/view.js';

/** Which view governs which instance. Empty until the group has been founded. */
export class Views {
  readonly #records: ViewRecord[];
  #group: GroupId | null;
  #borderInstances: number | null;

  constructor(records: readonly ViewRecord[], group: GroupId | null, borderInstances: number | null) {
    this.#records = [...records];
    this.#group = group;
    this.#borderInstances = borderInstances;
  }

  /** Ascending. */
  get records(): readonly ViewRecord[] {
    return this.#records;
  }

  /** The group whose views these are; null until it has been founded. */
  get group(): GroupId | null {
    return this.#group;
  }

  /** α: a view that is decided at instance i governs from i + α on. There must be a group. */
  get borderInstances(): number {
    assert(this.#borderInstances !== null, 'a group has been founded with an α', { group: this.#group });
    return this.#borderInstances;
  }

  get founded(): boolean {
    return this.#records.length > 0;
  }

  /** `group` has been founded with this view. */
  begin(group: GroupId, borderInstances: number, record: ViewRecord): void {
    this.add(record);
    this.#group = group;
    this.#borderInstances = borderInstances;
  }

  add(record: ViewRecord): void {
    const last = this.#records.at(-1);
    assert(
      last === undefined || (record.from > last.from && record.view.number > last.view.number),
      'views follow each other',
      {
        last,
        record,
      },
    );
    this.#records.push(record);
  }

  /**
   * The view that governs `instance`: the latest one that begins at or before it. What lies below the first was decided
   * before the group began, and nobody votes there: the first view tells who knows it.
   */
  at(instance: Instance): View {
    for (let i = this.#records.length - 1; i >= 0; i -= 1) {
      const record = this.#records[i];
      if (record !== undefined && (record.from <= instance || i === 0)) return record.view;
    }
    assert(false, 'every instance is governed by a view', { instance, views: this.#records.length });
  }

  /** Whether `process` may vote at `instance`. */
  isMember(process: ProcessId, instance: Instance): boolean {
    return this.founded && this.at(instance).has(process);
  }
}
