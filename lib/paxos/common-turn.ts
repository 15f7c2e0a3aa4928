/**
 * The queues of one process tick in the same moments, and do what is deferred in the same turns of the event loop: one timer for
 * all, and what they send at one time can share datagrams.
 */
import { inCompany } from '../transport/udp/company.js';

type Callback = () => void;

let deferred: Callback[] = [];

/** Calls back in a later turn of the event loop, along with all else that is deferred by then. */
export function deferTogether(callback: Callback): void {
  if (deferred.push(callback) > 1) return;
  setImmediate(() => {
    const due = deferred;
    deferred = [];
    runTogether(due, due.length);
  });
}

interface Ticker {
  readonly callbacks: Set<Callback>;
  readonly timer: NodeJS.Timeout;
}

/** By interval, in milliseconds. */
const tickers = new Map<number, Ticker>();

/** Calls back at intervals, along with all that have the same, until the returned function is called. */
export function tickTogether(ms: number, tick: Callback): () => void {
  const { callbacks, timer } = tickers.get(ms) ?? newTicker(ms);
  // A function that is given twice is called twice.
  const callback = (): void => {
    tick();
  };
  callbacks.add(callback);
  return () => {
    if (!callbacks.delete(callback) || callbacks.size > 0) return;
    clearInterval(timer);
    tickers.delete(ms);
  };
}

function newTicker(ms: number): Ticker {
  const callbacks = new Set<Callback>();
  const timer = setInterval(() => {
    runTogether(callbacks, callbacks.size);
  }, ms);
  const ticker = { callbacks, timer };
  tickers.set(ms, ticker);
  return ticker;
}

/**
 * Runs callbacks, of which there are `count`. One alone has no company, and nothing that it sends waits. Of several, an error that
 * nobody has caught keeps none of the others waiting: it is thrown in a turn of its own.
 */
function runTogether(callbacks: Iterable<Callback>, count: number): void {
  if (count === 1) {
    for (const callback of callbacks) callback();
    return;
  }
  inCompany(() => {
    for (const callback of callbacks) {
      try {
        callback();
      } catch (error) {
        setImmediate(() => {
          throw error;
        });
      }
    }
  });
}
