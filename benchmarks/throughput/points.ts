/** One point of a measurement: the callers, and the group. */
export interface Point {
  /** The sweep that it belongs to; null where there is none. */
  readonly sweep: string | null;
  readonly replicas: number;
  readonly mode: string;
  /** Of padding in an operation. */
  readonly bytes: number;
  /** Replicas that have callers. */
  readonly proposers: number;
  /** At each of them. */
  readonly callers: number;
}

export interface PointFlags extends Omit<Point, 'sweep'> {
  /** One of `sweeps`, or empty. */
  readonly sweep: string;
}

/** Where nothing is said: enough to fill the batches, however long one takes. */
const MANY_CALLERS = 1000;
/** Padding that the callers of a replica have on the way at most, where nothing is said, unless a single one has more. */
const BYTES_ON_THE_WAY = 2_000_000;

type Sweep = (base: Omit<Point, 'sweep'>, flags: PointFlags) => readonly Omit<Point, 'sweep'>[];

const sweeps = new Map<string, Sweep>([
  ['callers', (base) => [1, 4, 16, 64, 256, 1024, 4096].map((callers) => ({ ...base, callers }))],
  [
    'bytes',
    (base, flags) =>
      [16, 100, 1000, 16_000, 1_000_000].map((bytes) => ({ ...base, bytes, callers: callersFor({ ...flags, bytes }) })),
  ],
  [
    'replicas',
    (base, flags) =>
      [1, 3, 5, 7].map((replicas) => ({ ...base, replicas, proposers: proposersOf({ ...flags, replicas }) })),
  ],
  [
    'modes',
    (base) =>
      ['classic', 'fast', 'adaptive'].flatMap((mode) =>
        [...new Set([1, Math.min(2, base.replicas), base.replicas])].map((proposers) => ({ ...base, mode, proposers })),
      ),
  ],
]);

/**
 * The points that the flags ask for. A sweep sets what it varies; `callers` and `proposers` of 0 stand for many, as many as
 * the size of an operation allows, and for all.
 * @throws Error that names the flag that is wrong
 */
export function pointsOf(flags: PointFlags): Point[] {
  const { replicas, mode, bytes } = flags;
  if (flags.proposers > replicas) {
    throw new Error(`--proposers is ${flags.proposers}, of ${replicas} replicas: give at most as many.`);
  }
  const base = { replicas, mode, bytes, proposers: proposersOf(flags), callers: callersFor(flags) };
  if (flags.sweep !== '') return namesIn(flags.sweep).flatMap((name) => swept(name, base, flags));
  const single = { ...base, sweep: null, callers: 1, proposers: 1 };
  return flags.callers === 0 ? [single, { ...base, sweep: null }] : [{ ...base, sweep: null }];
}

/** The points one after the other as they can be measured by the same group. */
export function byGroup(points: readonly Point[]): Point[][] {
  const groups: Point[][] = [];
  for (const point of points) {
    const group = groups.at(-1);
    const first = group?.[0];
    if (first?.replicas === point.replicas && first.mode === point.mode && first.bytes === point.bytes) {
      group?.push(point);
    } else groups.push([point]);
  }
  return groups;
}

function namesIn(sweep: string): string[] {
  return sweep === 'all' ? [...sweeps.keys()] : [sweep];
}

function swept(name: string, base: Omit<Point, 'sweep'>, flags: PointFlags): Point[] {
  const sweep = sweeps.get(name);
  if (sweep !== undefined) return sweep(base, flags).map((point) => ({ ...point, sweep: name }));
  throw new Error(`There is no sweep ${name} of throughput: use ${[...sweeps.keys(), 'all'].join(', ')}.`);
}

function proposersOf({ proposers, replicas }: Pick<Point, 'proposers' | 'replicas'>): number {
  return proposers === 0 ? replicas : Math.min(proposers, replicas);
}

function callersFor({ callers, bytes }: Pick<Point, 'callers' | 'bytes'>): number {
  return callers === 0 ? Math.max(1, Math.min(MANY_CALLERS, Math.floor(BYTES_ON_THE_WAY / bytes))) : callers;
}
