import { assert } from '../../model/assert.js';
import type { GroupId, Instance, ProcessId } from '../../model/ids.js';
import type { LedgerSnapshot } from '../../model/records.js';
import { latestOf, type View, type ViewRecord } from '../../model/view.js';

/** The views of a group. Empty until the group has been founded. */
export interface GroupViews {
  /** Ascending. */
  readonly records: readonly ViewRecord[];
  readonly isFounded: boolean;
  /** The view that governs the instance at the watermark: its members decide what is decided next. Asked of a founded group. */
  readonly current: View;
  /** The latest view that is known; it governs instances of the window, or will as soon as the window reaches them. */
  readonly latest: View;
  /** The first instance that the latest view governs. */
  readonly latestFrom: Instance;
  /** The view that governs `instance`: its members alone vote there, and its quorums choose. */
  governing(instance: Instance): View;
  /** The views that govern what is undecided, as far as is known: one or two, the latest last; none before the founding. */
  readonly undecided: readonly View[];
  /**
   * A later view than the latest that this process knows from the sequence, as a member of the group has told: its members are
   * heard and asked, and it gives nobody a vote. Null where there is none.
   */
  readonly told: View | null;
  /** The views that are decided below `next`, ascending: a checkpoint that ends there has them. */
  decidedBelow(next: Instance): readonly ViewRecord[];
}

/** The views of a group, and the instances that each governs. */
export class Views implements GroupViews {
  readonly #records: ViewRecord[];
  readonly #log: { readonly first: Instance };
  #group: GroupId | null;
  #borderInstances: number | null;
  #told: View | null = null;

  /** The views that the ledger holds; the first undecided instance of `log` is the watermark. */
  constructor(
    { views, group, borderInstances }: Pick<LedgerSnapshot, 'views' | 'group' | 'borderInstances'>,
    log: { readonly first: Instance },
  ) {
    this.#records = [...views];
    this.#group = group;
    this.#borderInstances = borderInstances;
    this.#log = log;
  }

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

  get isFounded(): boolean {
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

  get current(): View {
    return this.governing(this.#log.first);
  }

  get latest(): View {
    return latestOf(this.#records) ?? noView();
  }

  get latestFrom(): Instance {
    return this.#records.at(-1)?.from ?? noView();
  }

  /** The first instance behind `instance` that another view governs, as far as is known; null where there is none. */
  borderBehind(instance: Instance): Instance | null {
    for (const { from } of this.#records) if (from > instance) return from;
    return null;
  }

  decidedBelow(next: Instance): readonly ViewRecord[] {
    return this.#records.filter(({ from }, i) => i === 0 || from - this.borderInstances < next);
  }

  /**
   * Instances below the first view were decided before the group began, and nobody votes there: the first view says which
   * members know them.
   */
  governing(instance: Instance): View {
    for (let i = this.#records.length - 1; i >= 0; i -= 1) {
      const record = this.#records[i];
      if (record !== undefined && (record.from <= instance || i === 0)) return record.view;
    }
    return noView();
  }

  /** Whether the group decides `instance` itself: what is below its first view was decided in the group of which a backup was restored. */
  isOfGroup(instance: Instance): boolean {
    const [first] = this.#records;
    return first !== undefined && instance >= first.from;
  }

  /** Whether `process` is a member of the current view or of the latest: no other view governs anything undecided. */
  isMember(process: ProcessId): boolean {
    return this.isFounded && (this.current.has(process) || this.latest.has(process));
  }

  /** A member has told that this is a view of the group. */
  tell(view: View): void {
    if (view.number > (this.told ?? this.latest).number) this.#told = view;
  }

  get told(): View | null {
    return this.#told !== null && this.#told.number > this.latest.number ? this.#told : null;
  }

  /**
   * Whether what `process` says of decisions and reigns is heard. Those that have voted are right about it, whichever views this
   * process knows; so is a member of a view that it has only been told of.
   */
  hears(process: ProcessId): boolean {
    return this.isMember(process) || this.told?.has(process) === true;
  }

  get undecided(): readonly View[] {
    if (!this.isFounded) return [];
    const { current, latest } = this;
    return current === latest ? [latest] : [current, latest];
  }

  /** Whether `process` is a member of the view of this number or of a later one. */
  wasMemberSince(number: number, process: ProcessId): boolean {
    return this.#records.some(({ view }) => view.number >= number && view.has(process));
  }
}

function noView(): never {
  assert(false, 'views are asked for where there is a group');
}
