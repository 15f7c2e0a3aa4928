/**
 * The state that the specs of real processes replicate. It stays small however long they run and still shows whatever is
 * lost, executed twice or executed in another order: callers count, and every operation checks that it is the next one of
 * its caller. The default export makes the initial state, for checkpoints that are made by a process of their own.
 */
import { type ExecutionContext, Operation, operation, StateMachine, Type } from '../../lib/index.js';

/** So many of the last notes are kept with their text, so that the size of the state can be chosen. */
export const NOTES_KEPT = 2_048;

/** So many faults are kept: the first ones tell. */
const FAULTS_KEPT = 20;

/** How far one caller has come. Its epochs are ascending: it begins one whenever it does not know how far it has come. */
class CallerRow {
  epoch = 0;
  /** The number of its last note. */
  last = 0;
  /** Its epoch before, and the last number in it. One more may come late, since a caller has one note on its way. */
  earlierEpoch = 0;
  earlierLast = 0;
}

export class Journal extends StateMachine {
  /** In the order in which they were appended. */
  entries: string[] = [];
  @Type(() => CallerRow) readonly callers: Map<string, CallerRow> = new Map();
  /** Of all notes: how many, and what tells their order. */
  count = 0;
  hash = 0;
  /** The last notes; number n is at n modulo their number. */
  readonly notes: string[] = [];
  /** What should never happen, in sentences. */
  readonly faults: string[] = [];

  fault(sentence: string): void {
    if (this.faults.length < FAULTS_KEPT) this.faults.push(sentence);
  }

  note(text: string): void {
    this.notes[this.count % NOTES_KEPT] = text;
    this.count += 1;
    for (let i = 0; i < text.length && i < 32; i += 1)
      this.hash = (Math.imul(this.hash, 31) + text.charCodeAt(i)) >>> 0;
  }
}

@operation('journal.append')
export class Append extends Operation<Journal, number> {
  constructor(readonly entry: string) {
    super();
  }

  execute(journal: Journal): number {
    return journal.entries.push(this.entry) - 1;
  }
}

/** Changes nothing. Returns its decided time, in milliseconds since 1970. */
@operation('journal.time')
export class Time extends Operation<Journal, number> {
  execute(_: Journal, { time }: ExecutionContext): number {
    return time;
  }
}

/** A caller begins an epoch, and is told the number of its last note. What it put before is late from now on. */
@operation('journal.begin')
export class Begin extends Operation<Journal, number> {
  constructor(
    readonly caller: string,
    readonly epoch: number,
  ) {
    super();
  }

  execute(journal: Journal): number {
    const row = journal.callers.get(this.caller) ?? new CallerRow();
    journal.callers.set(this.caller, row);
    // One that its caller had given up comes late, like a note.
    if (this.epoch <= row.epoch) return row.last;
    row.earlierEpoch = row.epoch;
    row.earlierLast = row.last;
    row.epoch = this.epoch;
    return row.last;
  }
}

/** A caller's next note. Returns its number. */
@operation('journal.note')
export class Note extends Operation<Journal, number> {
  constructor(
    readonly caller: string,
    readonly epoch: number,
    readonly number: number,
    readonly padding: string,
  ) {
    super();
  }

  execute(journal: Journal): number {
    const row = journal.callers.get(this.caller);
    const name = `note ${this.number} of ${this.caller} in epoch ${this.epoch}`;
    if (row === undefined || this.epoch > row.epoch) journal.fault(`${name} comes before its epoch`);
    else if (this.epoch < row.epoch) noteLate(journal, row, this);
    else if (this.number !== row.last + 1) journal.fault(`${name} comes after ${row.last}`);
    else {
      row.last = this.number;
      journal.note(`${this.caller} ${this.number} ${this.padding}`);
    }
    return this.number;
  }
}

function noteLate(journal: Journal, row: CallerRow, { caller, epoch, number }: Note): void {
  if (epoch !== row.earlierEpoch) return;
  if (number !== row.earlierLast + 1)
    journal.fault(`note ${number} of ${caller} comes late in epoch ${epoch} and after ${row.earlierLast}`);
  row.earlierLast = number;
}

export default function makeJournal(): Journal {
  return new Journal();
}
