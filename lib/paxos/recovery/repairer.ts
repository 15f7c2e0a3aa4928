import type { MessageOf } from '../../consensus/messages.js';
import { NO_BALLOT } from '../../model/ballot.js';
import type { DamagedLogError } from '../../model/errors.js';
import { after, type Instance, laterOf, type ProcessId } from '../../model/ids.js';
import type { LedgerRecord } from '../../model/records.js';
import type { Settings } from '../../model/settings.js';
import type { Missing } from '../../queue/events.js';
import type { RepairMessage } from '../wire/repair-messages.js';

export interface RepairerOptions {
  readonly settings: Settings;
  /** In ticks. */
  readonly roundTripTo: (process: ProcessId) => number;
  /** The other members of the group, as far as is known. */
  readonly others: () => readonly ProcessId[];
  readonly send: (to: ProcessId, message: MessageOf<'catch-up'> | RepairMessage) => void;
  /** Makes records durable, and then calls back: as `Driver.write`. */
  readonly write: (records: () => readonly LedgerRecord[], done: (error: Error | null) => void) => void;
  /** The first instance that the log holds. */
  readonly logStart: () => Instance;
  /** The damaged data can be read again, or the log no longer has them. */
  readonly done: () => void;
}

/** The data that this process must learn again: the decisions at some instances, or the content of a lost checkpoint. */
type Task = EntriesTask | { readonly kind: 'checkpoint'; readonly beyond: Instance };

interface EntriesTask {
  readonly kind: 'entries';
  from: Instance;
  readonly end: Instance;
}

/**
 * Asks the others, one after the other, for what is damaged here although it was decided and delivered before. Nobody's
 * vote is among it, so that nothing but time is lost.
 */
export class Repairer {
  readonly #options: RepairerOptions;
  #task: Task | null = null;
  #turn = 0;
  /** The turn in which the task was begun. */
  #begun = 0;
  #ticks = 0;
  /** The process that was asked last. */
  #source: ProcessId | null = null;
  #isWriting = false;
  /** The processes that have been asked since the task began. */
  readonly #asked = new Set<ProcessId>();
  /** How often something has come. */
  #arrivals = 0;

  constructor(options: RepairerOptions) {
    this.#options = options;
  }

  get isIdle(): boolean {
    return this.#task === null;
  }

  /** Whether all others have been asked in vain: perhaps no other process knows the decisions. */
  get isHelpless(): boolean {
    return this.#task !== null && this.#turn - this.#begun >= this.#options.others().length;
  }

  /** The thing that is awaited; null where nothing is. */
  get awaited(): { readonly progress: unknown; readonly what: Missing } | null {
    const task = this.#task;
    if (task === null || this.#isWriting) return null;
    const asked = [...this.#asked];
    if (task.kind === 'checkpoint') return { progress: this.#arrivals, what: { kind: 'checkpoint', asked } };
    const { kind, from, end } = task;
    return { progress: from + this.#arrivals, what: { kind, from, end, asked } };
  }

  /** Whether a message of a process may be an answer to a question of this one. */
  hasAsked(process: ProcessId): boolean {
    return this.#task !== null && this.#asked.has(process);
  }

  /** The log cannot be read at these instances. */
  repair({ from, end }: DamagedLogError): void {
    this.#begin({ kind: 'entries', from, end });
  }

  /** A checkpoint is needed that goes beyond an instance. */
  fetchCheckpoint(beyond: Instance): void {
    this.#begin({ kind: 'checkpoint', beyond });
  }

  /** A checkpoint has been installed: earlier entries are no longer needed. */
  installed(next: Instance): void {
    const task = this.#task;
    if (task === null) return;
    if (task.kind === 'checkpoint' || task.from < next) this.#task = null;
  }

  /** Whether a checkpoint is needed that ends beyond the decisions, or replaces a damaged one. */
  get beyond(): Instance | null {
    if (this.#task === null) return null;
    return this.#task.kind === 'checkpoint' ? this.#task.beyond : this.#task.from;
  }

  /** Whether the checkpoint is damaged from which delivery would have continued. */
  get isForCheckpoint(): boolean {
    return this.#task?.kind === 'checkpoint';
  }

  onDecided({ from, batches }: MessageOf<'decided'>): void {
    const task = this.#task;
    if (task?.kind !== 'entries' || this.#isWriting || from !== task.from) return;
    const records = batches.slice(0, task.end - from).map((batch, offset): LedgerRecord => {
      const entry = { instance: after(from, offset), promised: NO_BALLOT, vote: { ballot: NO_BALLOT, batch } };
      return { kind: 'repair', entry };
    });
    if (records.length === 0) return;
    this.#isWriting = true;
    this.#options.write(
      // The log below a checkpoint that was made or installed meanwhile may be gone.
      () => (this.#task === task && from >= this.#options.logStart() ? records : []),
      (error) => {
        if (error !== null) return;
        this.#isWriting = false;
        if (this.#task === task) this.#learnt(task, after(from, records.length));
      },
    );
  }

  #learnt(task: EntriesTask, until: Instance): void {
    task.from = laterOf(until, this.#options.logStart());
    if (task.from < task.end) this.#ask(task);
    else {
      this.#task = null;
      this.#options.done();
    }
  }

  /** Something large is coming from a process: perhaps the answer. */
  arriving(from: ProcessId): void {
    if (from !== this.#source) return;
    this.#ticks = 0;
    this.#arrivals += 1;
  }

  tick(): void {
    const task = this.#task;
    if (task === null || this.#isWriting) return;
    this.#ticks += 1;
    const { settings, roundTripTo } = this.#options;
    if (this.#ticks < settings.retryTicksMax + (this.#source === null ? 0 : roundTripTo(this.#source))) return;
    this.#turn += 1;
    if (task.kind === 'entries') this.#learnt(task, task.from);
    else this.#ask(task);
  }

  #begin(task: Task): void {
    this.#task = task;
    this.#begun = this.#turn;
    this.#asked.clear();
    this.#ask(task);
  }

  #ask(task: Task): void {
    this.#ticks = 0;
    const others = this.#options.others();
    const to = others[this.#turn % others.length];
    if (to === undefined) return;
    this.#source = to;
    this.#asked.add(to);
    this.#options.send(
      to,
      task.kind === 'entries'
        ? { kind: 'catch-up', from: task.from, to: task.end }
        : { kind: 'want-checkpoint', beyond: task.beyond },
    );
  }
}
