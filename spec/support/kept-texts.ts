import type { Position } from '../../lib/model/ids.js';
import { MessageHead } from '../../lib/queue/message-head.js';
import type { DeliveredBatch, HolderContext, StateHolder, StateKeeper } from '../../lib/queue/state-holder.js';

/** A holder whose state is the texts that it has been given. */
export class KeptTexts implements StateHolder {
  /** What a checkpoint held that it was given, and what it was given after that. */
  restored: string[] = [];
  delivered: string[] = [];
  /** That came with messages: those of this process. */
  readonly tickets: unknown[] = [];
  readonly stops: { readonly tickets: readonly unknown[]; readonly cause: Error | null }[] = [];
  onDeliver: () => void = () => {};
  onStopped: () => void = () => {};
  /** What it was given when it was bound, and how much it had been given by then. */
  readonly contexts: { readonly context: HolderContext; readonly texts: number }[] = [];
  #awaited: { readonly count: number; readonly resolve: () => void }[] = [];

  readonly keeper: StateKeeper = {
    save: () => this.texts.map((text) => Buffer.from(text)).values(),
    restore: () => {
      const restored: string[] = [];
      return {
        push: (piece) => restored.push(Buffer.from(piece).toString()),
        finish: () => {
          this.restored = restored;
          this.delivered = [];
        },
      };
    },
    skipped: () => undefined,
  };

  /** `accepts` says which tickets are its own. Default: all are. */
  constructor(readonly accepts: (ticket: unknown) => boolean = () => true) {}

  get texts(): string[] {
    return [...this.restored, ...this.delivered];
  }

  bound(context: HolderContext): void {
    this.contexts.push({ context, texts: this.texts.length });
  }

  /** Tells the listeners of its queue that it has skipped so many messages. */
  tell(count: number): void {
    for (const { context } of this.contexts)
      context.tell({ kind: 'message-skipped', position: 0 as Position, head: null, count });
  }

  deliver({ messages, tickets }: DeliveredBatch): void {
    this.onDeliver();
    this.delivered.push(...messages.map(textOf));
    this.tickets.push(...(tickets ?? []).filter((ticket) => ticket !== undefined));
    this.#awaited = this.#awaited.filter(({ count, resolve }) => {
      if (this.texts.length < count) return true;
      resolve();
      return false;
    });
  }

  stopped(tickets: readonly unknown[], cause: Error | null): void {
    this.stops.push({ tickets, cause });
    this.onStopped();
  }

  /** Resolves when it holds so many texts. */
  async until(count: number): Promise<void> {
    if (this.texts.length < count) await new Promise<void>((resolve) => this.#awaited.push({ count, resolve }));
  }
}

/** What a message says: one that is put begins with a head. */
export function textOf(message: Buffer): string {
  return String(message[0] === MessageHead.raw ? message.subarray(1) : message);
}
