import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import { type Logger, pino } from 'pino';

const STANDARD_OUTPUT = 1;

let log: Logger | null = null;

/** Where queues say what happens to them if they are given no logger: warnings and errors, on standard output. */
export function defaultLog(): Logger {
  log ??= pino({ name: 'treplica', level: 'warn' }, new LossyOutput(STANDARD_OUTPUT));
  return log;
}

/**
 * Lines of JSON for a file descriptor that may be full. A line that cannot be written at once is dropped, and the next
 * line that can be written says how many were: pino's own destinations try again and again, for as long as a disk is
 * full, and nothing else happens in the process. A pipe is opened once more, because only so can it be told not to wait
 * for its reader.
 */
export class LossyOutput {
  readonly #fd: number;
  readonly #isOwn: boolean;
  /** The rest of a partly written line. */
  #rest: Buffer = Buffer.alloc(0);
  #dropped = 0;
  #reason = '';

  constructor(fd: number) {
    const pipe = pipeBehind(fd);
    this.#fd = pipe ?? fd;
    this.#isOwn = pipe !== null;
  }

  write(line: string): void {
    this.#rest = this.#push(this.#rest);
    if (this.#rest.length === 0 && this.#dropped > 0 && this.#begins(this.#lossLine())) this.#dropped = 0;
    if (this.#rest.length > 0 || this.#dropped > 0 || !this.#begins(line)) this.#dropped += 1;
  }

  close(): void {
    if (this.#isOwn) closeSync(this.#fd);
  }

  /** Whether at least a part of the line has been written, which obliges to write the rest. */
  #begins(line: string): boolean {
    const bytes = Buffer.from(line);
    const rest = this.#push(bytes);
    if (rest.length === bytes.length) return false;
    this.#rest = rest;
    return true;
  }

  /** Writes, and returns what could not be written. */
  #push(bytes: Buffer): Buffer {
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(this.#fd, bytes, written);
    } catch (error) {
      this.#reason = (error as NodeJS.ErrnoException).code ?? String(error);
    }
    return bytes.subarray(written);
  }

  #lossLine(): string {
    const facts = { level: pino.levels.values['warn'], time: Date.now(), name: 'treplica', lines: this.#dropped };
    return `${JSON.stringify({ ...facts, msg: `lines of this log were dropped, because they could not be written: ${this.#reason}` })}\n`;
  }
}

/** The pipe that `fd` writes to, opened so that a write never waits; null where it is none, or the system has no such path. */
function pipeBehind(fd: number): number | null {
  try {
    if (!fstatSync(fd).isFIFO()) return null;
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return null;
  }
}
