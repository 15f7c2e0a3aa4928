type Report = (text: string) => void;

/** Exactly once: no message is ordered more often than it was submitted. */
export class ExactlyOnce {
  readonly #report: Report;
  /** By the message's bytes: how often it was submitted, less how often it was ordered. */
  readonly #open = new Map<string, number>();

  constructor(report: Report) {
    this.#report = report;
  }

  submitted(message: Uint8Array): void {
    this.#add(message, 1);
  }

  ordered(messages: readonly Uint8Array[]): void {
    for (const message of messages) {
      const open = this.#add(message, -1);
      if (open < 0) this.#report(`a message of ${message.length} bytes is executed more often than it was submitted`);
    }
  }

  #add(message: Uint8Array, times: number): number {
    const key = Buffer.from(message.buffer, message.byteOffset, message.length).toString('latin1');
    const open = (this.#open.get(key) ?? 0) + times;
    if (open === 0) this.#open.delete(key);
    else this.#open.set(key, open);
    return open;
  }
}
