import type { Row } from '../benchmark.js';
import { type Duration, underLoad, windowsAfterWarmUp } from '../group.js';
import type { Replica } from '../replica-handle.js';
import { standardRow } from '../rows.js';
import { meanTimeSpent, type Place, PLACES } from '../time-spent.js';
import { summarise } from '../window.js';
import type { Point } from './points.js';

/** After what is measured, because profiles slow it down. */
const PROFILE_MS = 1000;

/** Measures one point with a group that fits it, and returns its row. */
export async function measurePoint(group: readonly Replica[], point: Point, duration: Duration): Promise<Row> {
  const proposers = group.slice(0, point.proposers);
  const { measured, profiles } = await underLoad(proposers, { kind: 'closed', callers: point.callers }, async () => {
    const inWindow = await windowsAfterWarmUp(group, duration);
    return {
      measured: inWindow,
      profiles: await Promise.all(group.map((replica) => replica.ask('timeSpent', PROFILE_MS))),
    };
  });
  const { opsPerSecond, p50Ms, p85Ms, p99Ms } = summarise(measured);
  const cpuMs = measured.reduce((sum, window) => sum + (1000 * window.cpuMs) / window.elapsedMs, 0);
  const spent = meanTimeSpent(profiles);
  return standardRow({
    benchmark: 'throughput',
    system: 'treplica',
    ...point,
    durable: true,
    opsPerSecond,
    p50Ms: orNull(p50Ms),
    p85Ms: orNull(p85Ms),
    p99Ms: orNull(p99Ms),
    payloadMBPerSecond: (opsPerSecond * point.bytes) / 1e6,
    cpuMsPerSecond: cpuMs / group.length,
    ...Object.fromEntries(PLACES.map((place) => [shareField(place), spent[place]])),
  });
}

/** Where a row says which share of the wall time went to `place`. */
export function shareField(place: Place): string {
  return `share${place.charAt(0).toUpperCase()}${place.slice(1)}`;
}

/** No operation has ended: there is no latency. */
function orNull(ms: number): number | null {
  return Number.isNaN(ms) ? null : ms;
}
