import type { Violation } from './event-log.js';

/** One call of a caller, as it looked from outside. */
export interface RecordedCall {
  /** The process that it was made at. */
  readonly process: string;
  /** The name of the caller that made it; a caller makes one call after the other. */
  readonly caller: string;
  /** The operation, or what was said about a read when it was made. */
  readonly input: unknown;
  readonly kind: 'operation' | 'read';
  /** Counts all calls and returns of the run: what returns at a lower number than another is called at came before. */
  readonly calledAt: number;
  /** Null where nobody was ever told: it may have been executed at any time since, or never. */
  readonly returnedAt: number | null;
  readonly outcome: { readonly result: unknown } | { readonly error: unknown } | null;
}

/** A call while it is made. */
export interface OpenCall extends RecordedCall {
  returnedAt: number | null;
  outcome: RecordedCall['outcome'];
  /** How many operations the caller can count on having been executed: all that anybody had been told of before. */
  readonly floor: number;
  /** How many operations had been executed when a read looked, or before an operation; null while that is not known. */
  position: number | null;
}

type Report = (checker: Violation['checker'], text: string) => void;

/**
 * All calls of a run. Finds at once whether the order in which the group has executed them keeps to real time: a call
 * that returned before another was made comes before that. As every outcome is that of a sequential execution in that
 * order (checkers/equal-states.ts), the history is then linearizable.
 */
export class History {
  readonly calls: OpenCall[] = [];
  readonly #report: Report;
  #clock = 0;
  #known = 0;

  constructor(report: Report) {
    this.#report = report;
  }

  call(kind: RecordedCall['kind'], process: string, caller: string, input: unknown): OpenCall {
    this.#clock += 1;
    const call: OpenCall = {
      kind,
      process,
      caller,
      input,
      calledAt: this.#clock,
      returnedAt: null,
      outcome: null,
      floor: this.#known,
      position: null,
    };
    this.calls.push(call);
    return call;
  }

  returns(call: OpenCall, outcome: NonNullable<RecordedCall['outcome']>): void {
    this.#clock += 1;
    call.returnedAt = this.#clock;
    call.outcome = outcome;
    const { position, floor, kind, process } = call;
    if (position === null) return;
    if (position < floor) {
      this.#report(
        'real time',
        `${process} answers ${aCall(kind)} as of ${position} operations, made when ${floor} had been answered`,
      );
    }
    this.#known = Math.max(this.#known, kind === 'operation' ? position + 1 : position);
  }
}

function aCall(kind: RecordedCall['kind']): string {
  return kind === 'operation' ? 'an operation' : 'a read';
}
