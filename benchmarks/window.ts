import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

import { addLatency, countOf, type Latencies, mergeLatencies, noLatencies, percentile } from './latencies.js';

/** The measurements of one replica between two looks at its meter. */
export interface Window {
  readonly latencies: Latencies;
  readonly elapsedMs: number;
  readonly cpuMs: number;
  /** The longest time that the event loop did not come round in, to a millisecond; 0 where it is not watched. */
  readonly longestBlockMs: number;
  /** The longest time of it in which no operation ended; one that goes on beyond it counts as far as it reaches. */
  readonly longestGapMs: number;
}

/** Measures the operations of one process, which count where they end. */
export class Meter {
  #latencies = noLatencies();
  #begin = performance.now();
  #cpu = process.cpuUsage();
  #lastEndMs = this.#begin;
  #longestGapMs = 0;
  readonly #loop: IntervalHistogram | null = null;

  /** To watch the event loop costs a timer every millisecond. */
  constructor(watchesLoop: boolean) {
    if (!watchesLoop) return;
    this.#loop = monitorEventLoopDelay({ resolution: 1 });
    this.#loop.enable();
  }

  add(latencyMs: number): void {
    addLatency(this.#latencies, latencyMs);
    const now = performance.now();
    this.#longestGapMs = Math.max(this.#longestGapMs, now - this.#lastEndMs);
    this.#lastEndMs = now;
  }

  /** Everything since the last call, and begins anew. */
  take(): Window {
    const now = performance.now();
    const { user, system } = process.cpuUsage(this.#cpu);
    const window = {
      latencies: this.#latencies,
      elapsedMs: now - this.#begin,
      cpuMs: (user + system) / 1000,
      longestBlockMs: (this.#loop?.max ?? 0) / 1e6,
      longestGapMs: Math.max(this.#longestGapMs, now - this.#lastEndMs),
    };
    this.#loop?.reset();
    this.#latencies = noLatencies();
    this.#longestGapMs = 0;
    this.#lastEndMs = now;
    this.#begin = now;
    this.#cpu = process.cpuUsage();
    return window;
  }
}

/** One replica's windows, one after the other, as one. */
export function joined(windows: readonly Window[]): Window {
  return {
    latencies: mergeLatencies(windows.map(({ latencies }) => latencies)),
    elapsedMs: windows.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0),
    cpuMs: windows.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    longestBlockMs: Math.max(0, ...windows.map(({ longestBlockMs }) => longestBlockMs)),
    longestGapMs: Math.max(0, ...windows.map(({ longestGapMs }) => longestGapMs)),
  };
}

export interface Summary {
  readonly opsPerSecond: number;
  readonly p50Ms: number;
  readonly p85Ms: number;
  readonly p99Ms: number;
  readonly longestMs: number;
}

/** The measurements of several replicas at the same time, together. */
export function summarise(windows: readonly Pick<Window, 'latencies' | 'elapsedMs'>[]): Summary {
  const latencies = mergeLatencies(windows.map((window) => window.latencies));
  return {
    opsPerSecond: windows.reduce((sum, window) => sum + (1000 * countOf(window.latencies)) / window.elapsedMs, 0),
    p50Ms: percentile(latencies, 50),
    p85Ms: percentile(latencies, 85),
    p99Ms: percentile(latencies, 99),
    longestMs: latencies.maxMs,
  };
}
