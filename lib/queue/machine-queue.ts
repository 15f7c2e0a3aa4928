import type { StateHolder } from './state-holder.js';

/** What a replicated state machine needs of the asynchronous persistent queue below it. */
export interface MachineQueue {
  /**
   * Puts a message. The ticket comes back to the bound holder with the delivery, or when the queue stops. Returns a
   * promise only where there is no room: nothing was taken then; wait for it and try again. Throws QUEUE_CLOSED and
   * MESSAGE_TOO_LARGE.
   */
  submit(message: Uint8Array, ticket: unknown): Promise<void> | undefined;

  /** Hands every message from the first one on to the holder; resolves when what the local log holds has been handed over. */
  bind(holder: StateHolder): Promise<void>;

  /**
   * Resolves when everything that had been acknowledged anywhere before the call has been delivered here. Where `signal`
   * aborts before, rejects with its reason, and nothing is kept for the call any more.
   */
  sync(signal?: AbortSignal): Promise<void>;

  /** Calls back once after `ms` of the queue's clock, unless the returned function is called before. */
  after(ms: number, callback: () => void): () => void;

  close(): Promise<void>;
}
