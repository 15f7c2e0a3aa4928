/** The result at one rate of operations. */
export interface Attempt {
  readonly offeredPerSecond: number;
  /** Whether the system kept up with the rate. */
  readonly held: boolean;
}

/** A rate that holds is raised by this factor until one does not. */
const RAISE = 1.25;
/** The highest rate is found when the lowest that does not hold is no more than this factor above it. */
const PRECISION = 1.05;
/** A rate below which nothing is tried. */
const LOWEST_PER_SECOND = 1;

/**
 * Searches for the highest rate that holds, from `start` on, and returns the attempt at it; null where not even the
 * lowest does.
 */
export async function climb<A extends Attempt>(
  start: number,
  attempt: (offeredPerSecond: number) => Promise<A>,
): Promise<A | null> {
  let best: A | null = null;
  let failed = Infinity;
  for (let rate = start; rate >= LOWEST_PER_SECOND; rate = nextRate(best?.offeredPerSecond ?? null, failed)) {
    const seen = await attempt(rate);
    if (seen.held) best = seen;
    else failed = rate;
    if (best !== null && failed <= PRECISION * best.offeredPerSecond) return best;
  }
  return best;
}

/** One of `held` and `failed` is known. */
function nextRate(held: number | null, failed: number): number {
  if (held === null) return failed / 2;
  return Number.isFinite(failed) ? Math.sqrt(held * failed) : RAISE * held;
}
