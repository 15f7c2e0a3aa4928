import { beforeEach, describe, expect, it } from '@jest/globals';

import { batchId } from '../../../lib/model/batch.js';
import { DamagedLogError } from '../../../lib/model/errors.js';
import type { Instance, ProcessId } from '../../../lib/model/ids.js';
import type { LedgerRecord } from '../../../lib/model/records.js';
import { defaults } from '../../../lib/model/settings.js';
import { Repairer } from '../../../lib/paxos/recovery/repairer.js';
import { ANNA, BERT } from '../../support/ids.js';

let repairer: Repairer;
let others: ProcessId[];
let logStart: number;
let sent: [to: ProcessId, kind: string, from: number][];
let writes: { readonly records: () => readonly LedgerRecord[]; readonly done: (error: Error | null) => void }[];
let done: number;

beforeEach(() => {
  others = [ANNA, BERT];
  logStart = 0;
  sent = [];
  writes = [];
  done = 0;
  repairer = new Repairer({
    settings: defaults,
    roundTripTo: () => 0,
    others: () => others,
    send: (to, message) =>
      sent.push([to, message.kind, message.kind === 'catch-up' ? message.from : beyondOf(message)]),
    write: (records, then) => writes.push({ records, done: then }),
    logStart: () => logStart as Instance,
    done: () => (done += 1),
  });
});

function beyondOf(message: { readonly kind: string }): number {
  return 'beyond' in message ? Number(message.beyond) : -1;
}

function damage(from: number, end: number): void {
  repairer.repair(new DamagedLogError(from as Instance, end as Instance, 'it is damaged'));
}

function decided(from: number, count: number): void {
  const batches = Array.from({ length: count }, (_, i) => ({ id: batchId(ANNA, 1, from + i), body: Buffer.from('x') }));
  repairer.onDecided({ kind: 'decided', from: from as Instance, batches, watermark: 100 as Instance });
}

/** The commit under way ends. Returns the instances that it has written. */
function commit(): number[] {
  const write = writes.shift()!;
  const records = write.records();
  write.done(null);
  return records.map((record) => (record.kind === 'repair' ? record.entry.instance : -1));
}

function tick(count: number): void {
  for (let i = 0; i < count; i += 1) repairer.tick();
}

describe('a repairer', () => {
  it('learns again what is damaged, and says when it has', () => {
    damage(4, 6);
    expect(sent).toEqual([[ANNA, 'catch-up', 4]]);
    decided(4, 5);
    expect([commit(), done, repairer.isIdle]).toEqual([[4, 5], 1, true]);
  });

  it('asks on where an answer has not told all', () => {
    damage(4, 7);
    decided(4, 2);
    expect([commit(), done]).toEqual([[4, 5], 0]);
    decided(6, 1);
    expect([commit(), done]).toEqual([[6], 1]);
  });

  it('asks one after the other until somebody answers', () => {
    damage(4, 6);
    tick(2 * defaults.retryTicksMax);
    expect(sent.map(([to]) => to)).toEqual([ANNA, BERT, ANNA]);
  });

  it('asks as soon as there is somebody to be asked', () => {
    others = [];
    damage(4, 6);
    expect(sent).toEqual([]);
    others = [BERT];
    tick(defaults.retryTicksMax);
    expect(sent).toEqual([[BERT, 'catch-up', 4]]);
  });

  it('takes no notice of answers to other questions, or that come twice', () => {
    damage(4, 6);
    decided(3, 2);
    decided(5, 1);
    decided(4, 0);
    expect(writes).toEqual([]);
    decided(4, 2);
    decided(4, 2);
    expect(writes).toHaveLength(1);
    commit();
    decided(4, 2);
    expect([writes, done]).toEqual([[], 1]);
  });

  it('writes nothing below a checkpoint that is installed before the commit begins', () => {
    damage(4, 6);
    decided(4, 2);
    repairer.installed(10 as Instance);
    logStart = 10;
    expect([commit(), done, repairer.isIdle]).toEqual([[], 0, true]);
  });

  it('writes nothing of what has been cut off meanwhile, and has done with it', () => {
    damage(4, 6);
    decided(4, 2);
    logStart = 8;
    expect([commit(), done, repairer.isIdle]).toEqual([[], 1, true]);
    damage(9, 12);
    logStart = 11;
    tick(defaults.retryTicksMax);
    expect(sent.at(-1)?.slice(1)).toEqual(['catch-up', 11]);
  });

  it('goes on with what is left behind a checkpoint that ends amid the damage', () => {
    damage(4, 6);
    repairer.installed(4 as Instance);
    expect([repairer.isIdle, repairer.beyond]).toEqual([false, 4]);
    repairer.installed(5 as Instance);
    expect(repairer.isIdle).toBe(true);
  });

  it('asks for a checkpoint until one is installed', () => {
    repairer.fetchCheckpoint(9 as Instance);
    tick(defaults.retryTicksMax);
    expect(sent).toEqual([
      [ANNA, 'want-checkpoint', 9],
      [BERT, 'want-checkpoint', 9],
    ]);
    expect(repairer.beyond).toBe(9);
    repairer.installed(10 as Instance);
    tick(defaults.retryTicksMax);
    expect([sent.length, repairer.beyond]).toEqual([2, null]);
  });

  it('does nothing more when the queue stops amid a commit', () => {
    damage(4, 6);
    decided(4, 2);
    writes.shift()!.done(new Error('closed'));
    tick(defaults.retryTicksMax);
    expect([sent.length, done]).toEqual([1, 0]);
  });
});

describe('the repair that is awaited', () => {
  it('is of the damaged entries, names the processes that were asked, and gets further by what they send', () => {
    expect(repairer.awaited).toBeNull();
    damage(4, 6);
    expect(repairer.awaited).toMatchObject({ what: { kind: 'entries', from: 4, end: 6, asked: [ANNA] } });
    const before = repairer.awaited?.progress;
    tick(defaults.retryTicksMax);
    expect(repairer.awaited).toEqual({ progress: before, what: expect.objectContaining({ asked: [ANNA, BERT] }) });
    repairer.arriving(BERT);
    expect(repairer.awaited?.progress).not.toBe(before);
    decided(4, 2);
    expect(repairer.awaited).toBeNull();
    commit();
    expect(repairer.awaited).toBeNull();
  });

  it('is of the checkpoint, where that is lost', () => {
    repairer.fetchCheckpoint(7 as Instance);
    expect(repairer.awaited).toMatchObject({ what: { kind: 'checkpoint', asked: [ANNA] } });
  });
});
