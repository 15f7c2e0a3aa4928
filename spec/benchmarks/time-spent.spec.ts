import type { Profiler } from 'node:inspector';
import { describe, expect, it } from '@jest/globals';

import { meanTimeSpent, PLACES, sharesOf, type TimeSpent, timeSpent } from '../../benchmarks/time-spent.js';

const OURS = new URL('../../', import.meta.url).href;

/** A profile with one node for each path of calls, each spending a millisecond; the innermost function spends it. */
function profileOf(...paths: readonly (readonly string[])[]): Profiler.Profile {
  const nodes: (Profiler.ProfileNode & { children: number[] })[] = [node(1, '(root)')];
  const samples = paths.map((path) => {
    let parent = nodes[0]!;
    for (const frame of path) {
      const child = node(nodes.length + 1, frame);
      nodes.push(child);
      parent.children.push(child.id);
      parent = child;
    }
    return parent.id;
  });
  return { nodes, samples, timeDeltas: samples.map(() => 1000), startTime: 0, endTime: 1000 * samples.length };
}

/** A frame is the URL of a script, or what V8 or native code is called. */
function node(id: number, frame: string): Profiler.ProfileNode & { children: number[] } {
  const isScript = frame.includes('/') || frame.startsWith('node:');
  const callFrame = { scriptId: '0', lineNumber: 0, columnNumber: 0 };
  return {
    id,
    children: [],
    callFrame: { ...callFrame, functionName: isScript ? 'f' : frame, url: isScript ? frame : '' },
  };
}

function notZero(spent: TimeSpent): Partial<TimeSpent> {
  return Object.fromEntries(Object.entries(spent).filter(([, share]) => share > 0));
}

describe('where the time went', () => {
  it.each([
    ['lib/serialization/encoding.js', 'encode'],
    ['lib/bytes/field-writer.js', 'encode'],
    ['lib/paxos/driver.js', 'order'],
    ['lib/consensus/acceptor.js', 'order'],
    ['lib/transport/frame/frame.js', 'network'],
    ['lib/ledger/lmdb/environment.js', 'ledger'],
    ['lib/machine/replica.js', 'execute'],
    ['benchmarks/workload.js', 'execute'],
    ['benchmarks/workloads.js', 'execute'],
    ['samples/auction/put-up.js', 'execute'],
    ['benchmarks/load.js', 'load'],
  ])('%s is %s', (script, place) => {
    expect(notZero(sharesOf(profileOf([`${OURS}${script}`]), 0))).toEqual({ [place]: 1 });
  });

  it('libraries and Node are told apart where they do one thing', () => {
    const paths = ['/x/node_modules/msgpackr/pack.js', '/x/node_modules/lmdb/write.js', 'node:dgram', 'node:events'];
    const profile = profileOf(...paths.map((path) => [path]));
    expect(notZero(sharesOf(profile, 0))).toEqual({ encode: 0.25, ledger: 0.25, network: 0.25, other: 0.25 });
  });

  it('native functions, and what helps everybody, spend the time of who calls them', () => {
    const profile = profileOf(
      [`${OURS}lib/ledger/lmdb/environment.js`, `${OURS}lib/bytes/binary.js`, 'crc32'],
      [`${OURS}lib/transport/frame/frame.js`, 'node:buffer', 'crc32'],
      [`${OURS}lib/paxos/driver.js`, `${OURS}lib/model/batch.js`],
      ['node:internal/process/task_queues', 'runMicrotasks'],
    );
    expect(notZero(sharesOf(profile, 0))).toEqual({ ledger: 0.25, network: 0.25, order: 0.25, other: 0.25 });
  });

  it('the time that the profiler itself takes does not count', () => {
    const profile = profileOf([`${OURS}benchmarks/time-spent.js`, 'node:inspector', 'dispatch'], ['(program)']);
    expect(notZero(sharesOf(profile, 0))).toEqual({ other: 1 });
  });

  it('a process that is idle to the profiler and has not waited has read from sockets', () => {
    const profile = profileOf(['(idle)'], ['(idle)'], ['(idle)'], ['(garbage collector)']);
    expect(notZero(sharesOf(profile, 2))).toEqual({ idle: 0.5, network: 0.25, collect: 0.25 });
    expect(notZero(sharesOf(profile, 5))).toEqual({ idle: 0.75, collect: 0.25 });
  });

  it('the means of processes are the means of their shares', () => {
    const [busy, idle] = [profileOf([`${OURS}lib/paxos/driver.js`]), profileOf(['(idle)'])];
    expect(notZero(meanTimeSpent([sharesOf(busy, 0), sharesOf(idle, 1)]))).toEqual({ order: 0.5, idle: 0.5 });
  });

  it('all of the time of a real process is somewhere', async () => {
    const spent = await timeSpent(50);
    expect(Object.keys(spent)).toEqual(PLACES);
    expect(Object.values(spent).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1);
  });
});
