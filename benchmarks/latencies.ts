/**
 * Latencies in buckets that grow by half a percent each, so that an hour of them takes no more memory than a second
 * and two processes' can be added. Plain data, to be sent from one process to another.
 */
export interface Latencies {
  readonly counts: Float64Array;
  /** The longest one, exactly, in milliseconds. */
  maxMs: number;
}

/** Buckets for each doubling; the first begins at a microsecond, the last ends after a quarter of an hour. */
const BUCKETS_A_DOUBLING = 128;
const BUCKETS = 30 * BUCKETS_A_DOUBLING;

export function noLatencies(): Latencies {
  return { counts: new Float64Array(BUCKETS), maxMs: 0 };
}

export function addLatency(latencies: Latencies, ms: number): void {
  const bucket = Math.floor(Math.log2(ms * 1000) * BUCKETS_A_DOUBLING);
  const at = Math.max(0, Math.min(BUCKETS - 1, bucket));
  latencies.counts[at] = (latencies.counts[at] ?? 0) + 1;
  if (ms > latencies.maxMs) latencies.maxMs = ms;
}

export function mergeLatencies(all: readonly Latencies[]): Latencies {
  const merged = noLatencies();
  for (const { counts, maxMs } of all) {
    counts.forEach((count, at) => (merged.counts[at] = (merged.counts[at] ?? 0) + count));
    merged.maxMs = Math.max(merged.maxMs, maxMs);
  }
  return merged;
}

export function countOf(latencies: Latencies): number {
  return latencies.counts.reduce((sum, count) => sum + count, 0);
}

/** The latency in milliseconds, exact to half a percent, that `percent` of them are below; NaN where there are none. */
export function percentile(latencies: Latencies, percent: number): number {
  const rank = (percent / 100) * countOf(latencies);
  let below = 0;
  for (const [bucket, count] of latencies.counts.entries()) {
    below += count;
    if (count > 0 && below >= rank) {
      const middleMs = 2 ** ((bucket + 0.5) / BUCKETS_A_DOUBLING) / 1000;
      return Math.min(middleMs, latencies.maxMs);
    }
  }
  return Number.NaN;
}
