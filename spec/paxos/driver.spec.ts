import { describe, expect, it } from '@jest/globals';

import { InvariantViolation } from '../../lib/model/errors.js';
import type { Instance } from '../../lib/model/ids.js';
import { votesLost } from '../../lib/paxos/identity.js';
import { idOf } from '../support/ids.js';
import { LoneEngine } from './lone-engine.js';

/** Of an engine that has a vote on its way to the disk, and a second message to propose after it. */
async function voting(isForked: boolean): Promise<LoneEngine> {
  const lone = await LoneEngine.open(isForked);
  lone.isDiskHeld = true;
  lone.put('first');
  lone.put('second');
  expect(lone.writes).toHaveLength(1);
  lone.heard.length = 0;
  return lone;
}

describe('when a batch of this process is decided, the driver', () => {
  it('proposes in the same turn what has gathered meanwhile', async () => {
    const lone = await voting(false);
    lone.writes.shift()!.complete();
    lone.settle();
    expect(lone.heard).toEqual(['accepted', 'batch', 'accept']);
    expect(lone.failures).toEqual([]);
  });

  it('of a start that the ledger does not know, says that and nothing more, and stops when that is written down', async () => {
    const lone = await voting(true);
    lone.writes.shift()!.complete();
    lone.settle();
    expect(lone.heard).toEqual(['accepted', 'start']);
    expect(lone.failures).toEqual([]);
    lone.writes.shift()!.complete();
    lone.settle();
    expect(lone.failures).toMatchObject([{ code: 'VOTES_LOST' }]);
    expect([lone.heard, lone.writes]).toEqual([['accepted', 'start'], []]);
    expect(await lone.stored()).toMatchObject({ starts: { hasLostVotes: true } });
  });
});

it('the driver has its transport remember where the members are, those of a view included that does not govern yet', async () => {
  const lone = await LoneEngine.open();
  const [self] = lone.engine.core.views.latest.members;
  const change = lone.engine.memberChanges.change({ add: [idOf(9)] }, { force: true });
  change.catch(() => {}); // The member never comes.
  for (let tick = 0; tick < 200; tick += 1) lone.tick();
  expect(new Set(lone.kept)).toEqual(new Set([self, idOf(9)]));
});

describe('a process that is stopped with a record while a commit is under way', () => {
  const verdict = { next: 3 as Instance, refuted: 'a'.repeat(32), upheld: 'b'.repeat(32) };
  const cause = new InvariantViolation('all states are the same', { next: 3 });

  async function stopped(why: Parameters<LoneEngine['engine']['driver']['stopWith']>[1]): Promise<LoneEngine> {
    const lone = await voting(false);
    lone.engine.driver.stopWith({ kind: 'verdict', verdict }, why);
    lone.settle();
    expect([lone.failures, lone.writes.length]).toEqual([[], 1]);
    return lone;
  }

  it('fails with the cause once the record is on disk, and says nothing of what was committed before', async () => {
    const lone = await stopped(cause);
    lone.writes.shift()!.complete();
    lone.settle();
    expect(lone.failures).toEqual([]);
    lone.writes.shift()!.complete();
    lone.settle();
    expect(lone.failures).toEqual([cause]);
    expect(lone.heard).toEqual([]);
    expect((await lone.stored()).verdict).toEqual(verdict);
  });

  it('tells the broken invariant and why there is no record of it, where that commit fails', async () => {
    const lone = await stopped(cause);
    lone.writes.shift()!.fail(new Error('no space left on the disk'));
    lone.settle();
    expect(lone.failures).toMatchObject([
      {
        ...{ code: 'INVARIANT_VIOLATION', invariant: cause.invariant },
        facts: { next: 3, verdictNotWritten: expect.stringContaining('no space left on the disk') },
      },
    ]);
    expect([lone.heard, lone.writes]).toEqual([[], []]);
  });

  it('tells the disk’s failure where that commit fails and the cause is found again at the next start', async () => {
    const lone = await stopped(votesLost(idOf(1), 'queue'));
    lone.writes.shift()!.fail(new Error('no space left on the disk'));
    lone.settle();
    expect(lone.failures).toMatchObject([{ code: 'LEDGER_FAILED', message: expect.stringContaining('no space') }]);
  });
});
