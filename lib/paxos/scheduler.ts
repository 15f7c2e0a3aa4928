import { randomBytes } from 'node:crypto';

import { deferTogether, tickTogether } from './common-turn.js';

/** Time and randomness, as everything above consensus gets them: real ones in production, virtual ones elsewhere. */
export interface Scheduler {
  /** Milliseconds since 1970. */
  now(): number;
  /** Uniform in [0, 1). */
  random(): number;
  /** So many random bytes, good enough to name something for ever. */
  randomBytes(count: number): Buffer;
  /** Calls back in a later turn of the event loop, after the messages that have arrived by then. */
  defer(callback: () => void): void;
  /** Resolves in a later turn of the event loop. */
  turn(): Promise<void>;
  /** Calls back once after a time, at most 2³¹ − 1 ms. The returned function cancels this. */
  after(ms: number, callback: () => void): () => void;
  /** Calls back at intervals until the returned function is called. Intervals that were missed are not made good. */
  every(ms: number, callback: () => void): () => void;
}

export const realScheduler: Scheduler = {
  now: () => Date.now(),
  random: () => Math.random(),
  randomBytes: (count) => randomBytes(count),
  defer: deferTogether,
  turn: () => new Promise((resolve) => setImmediate(resolve)),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => {
      clearTimeout(timer);
    };
  },
  every: tickTogether,
};
