import { numberedOf } from './turns.js';

type Report = (text: string) => void;

/**
 * The calls that one life of a process has submitted and that are not executed yet: by the message's bytes, when they
 * were submitted, oldest first.
 */
interface Submissions {
  readonly open: Map<string, number[]>;
  submitted: number;
  /** The latest submission that was executed. */
  latest: number;
}

/** Order of the calls: what a process submits in one life is executed in the order in which its queue has taken it. */
export class CallOrder {
  readonly #report: Report;
  /** By process and incarnation. */
  readonly #lives = new Map<string, Submissions>();
  /** The incarnation of each process. */
  readonly #incarnations = new Map<string, number>();

  constructor(report: Report) {
    this.#report = report;
  }

  /** A process begins a life. */
  begins(process: string, incarnation: number): void {
    this.#incarnations.set(process, incarnation);
  }

  submitted(process: string, message: Uint8Array): void {
    const life = this.#lifeOf(process, this.#incarnations.get(process) ?? 0);
    const key = keyOf(message);
    const open = life.open.get(key) ?? [];
    life.open.set(key, [...open, life.submitted]);
    life.submitted += 1;
  }

  /** The messages of a batch have been ordered behind all others. Of those that are alike the oldest counts. */
  ordered(id: string, messages: readonly Uint8Array[]): void {
    const { process, incarnation } = numberedOf(id);
    const life = this.#lifeOf(process, incarnation);
    for (const message of messages) {
      const submission = life.open.get(keyOf(message))?.shift();
      if (submission === undefined) continue; // That nobody has submitted it is found elsewhere.
      if (submission < life.latest)
        this.#report(`message ${submission} of ${id} is executed after message ${life.latest} of the same process`);
      life.latest = Math.max(life.latest, submission);
    }
  }

  #lifeOf(process: string, incarnation: number): Submissions {
    const key = `${process}.${incarnation}`;
    let life = this.#lives.get(key);
    if (life === undefined) {
      life = { open: new Map(), submitted: 0, latest: -1 };
      this.#lives.set(key, life);
    }
    return life;
  }
}

function keyOf(message: Uint8Array): string {
  return Buffer.from(message.buffer, message.byteOffset, message.length).toString('latin1');
}
