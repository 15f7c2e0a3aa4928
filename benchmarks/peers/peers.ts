/**
 * Treplica beside etcd, ZooKeeper and NATS JetStream, three nodes each on this machine, one system after the other, with
 * the same sizes and callers.
 */
import { benchmark, type Row } from '../benchmark.js';
import { plotLatency } from '../plot.js';
import { withProgress } from '../progress.js';
import { columns, medianRow, standardRow, table } from '../rows.js';
import { summarise } from '../window.js';
import { type Contender, type Measured, NODES, type Point, type Running } from './contender.js';
import { etcd } from './etcd.js';
import { nats, natsSynced } from './nats.js';
import { contender } from './peer.js';
import { pointsOf, withRatios } from './points.js';
import { GO_PACKAGES, NotInstalled } from './programs.js';
import { treplica } from './treplica.js';
import { zookeeper } from './zookeeper.js';

const known = [etcd, zookeeper, nats, natsSynced].map(contender);

const defaults = {
  only: known.map(({ name }) => name).join(','),
  callers: '1,64,256,1000',
  bytes: 100,
  seconds: 3,
  warmUpSeconds: 2,
  runs: 1,
  plot: '',
};

const SHOWN = 'system client durable callers proposers opsPerSecond p50Ms p85Ms p99Ms failed treplicaRatio'.split(' ');

type PeersFlags = Parameters<Contender['with']>[0];

export const peers = benchmark(defaults, async (flags) => {
  const points = pointsOf(flags.callers);
  const installed = new Set([treplica, ...chosen(flags.only)]);
  const rows: Row[] = [];
  for (let run = 1; run <= flags.runs; run += 1) {
    for (const one of installed) {
      try {
        rows.push(...(await measured(one, points, run, flags)));
      } catch (error) {
        if (!(error instanceof NotInstalled)) throw error;
        installed.delete(one);
        console.log(`${one.name}: not measured, ${error.message}`);
      }
    }
  }
  const medians = withRatios(mediansOf(rows));
  console.log(`\n${table(medians.map((row) => columns(row, SHOWN)))}`);
  console.log(`\nTreplica's most operations a second by theirs: ${ratios(medians)}`);
  if (medians.some((row) => row['client'] === 'Node')) {
    console.log(
      `Clients in Node leave the servers less of the processors than those in Go: apt-get install ${GO_PACKAGES}`,
    );
  }
  if (flags.plot !== '') await plotLatency(medians, flags.plot, `Treplica and its peers, ${flags.bytes} bytes`);
  return [...rows, ...medians];
});

function ratios(rows: readonly Row[]): string {
  const theirs = rows.filter((row) => row['system'] !== 'treplica' && row['treplicaRatio'] !== null);
  return theirs.map((row) => `${String(row['system'])} ${Number(row['treplicaRatio']).toFixed(1)}`).join(', ') || '-';
}

function chosen(names: string): Contender[] {
  return names.split(',').map((name) => {
    const one = known.find((peer) => peer.name === name);
    if (one !== undefined) return one;
    throw new Error(`There is no peer ${name}: use ${known.map((peer) => peer.name).join(', ')}.`);
  });
}

async function measured(one: Contender, points: readonly Point[], run: number, flags: PeersFlags): Promise<Row[]> {
  return one.with(flags, async (running) => {
    if (run === 1) console.log(`${running.system}: an answer means that ${one.guarantee}`);
    const rows: Row[] = [];
    for (const point of points) {
      const what = `run ${run}: ${running.system}, ${point.callers} callers × ${point.proposers}`;
      const figures = await withProgress(what, () => running.measure(point, flags));
      for (const { failed, failure } of figures) if (failed > 0) console.log(`${what}: ${failed} failed, ${failure}`);
      rows.push({ ...rowOf(running, point, figures), bytes: flags.bytes, durable: one.durable, run });
    }
    return rows;
  });
}

function rowOf({ system, mode, client }: Running, point: Point, figures: readonly Measured[]): Row {
  const { opsPerSecond, p50Ms, p85Ms, p99Ms } = summarise(figures);
  return standardRow({
    benchmark: 'peers',
    system,
    replicas: NODES,
    ...point,
    mode,
    opsPerSecond,
    p50Ms: orNull(p50Ms),
    p85Ms: orNull(p85Ms),
    p99Ms: orNull(p99Ms),
    client,
    failed: figures.reduce((sum, { failed }) => sum + failed, 0),
  });
}

/** No operation has ended: there is no latency. */
function orNull(ms: number): number | null {
  return Number.isNaN(ms) ? null : ms;
}

function mediansOf(rows: readonly Row[]): Row[] {
  return rows
    .filter(({ run }) => run === 1)
    .map(({ system, callers, proposers }) =>
      medianRow(
        rows.filter((row) => row['system'] === system && row['callers'] === callers && row['proposers'] === proposers),
      ),
    );
}
