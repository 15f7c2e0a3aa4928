import { describe, expect, it } from '@jest/globals';

import { MemoryDisk } from '../../lib/ledger/memory/memory-ledger.js';
import { NO_BASE } from '../../lib/model/base.js';
import { constants } from '../../lib/model/constants.js';
import type { GroupId, Instance, ProcessId } from '../../lib/model/ids.js';
import type { Founding, LedgerRecord } from '../../lib/model/records.js';
import { defaults } from '../../lib/model/settings.js';
import { View } from '../../lib/model/view.js';
import { claimIdentity } from '../../lib/paxos/identity.js';
import { committed, QUEUE } from '../ledger/ledger-place.js';

const members = ['a'.repeat(16) as ProcessId];
const group = 'c'.repeat(16) as GroupId;

/** What becomes of a start, for so many replicas, from a ledger that holds `records`. */
async function startFrom(records: LedgerRecord | readonly LedgerRecord[], replicas = 1): Promise<unknown> {
  const ledger = new MemoryDisk().open(QUEUE);
  await committed(ledger, ...[records].flat());
  const options = {
    settings: defaults,
    replicas,
    queueId: QUEUE,
    founds: true,
    randomBytes: (count: number) => Buffer.alloc(count, 7),
  };
  return claimIdentity(ledger, options);
}

describe('a start in a group whose α is', () => {
  const held = (borderInstances: number): LedgerRecord => {
    return { kind: 'view', group, borderInstances, record: { view: new View(0, members), from: 0 as Instance } };
  };
  const signed = (borderInstances: number): LedgerRecord => {
    const founding: Founding = { group, attempt: 0, members, base: NO_BASE, borderInstances };
    return { kind: 'founding', founding: { signed: founding, joined: null, refused: [], withdrawals: [] } };
  };

  it.each([
    ['holds', held],
    ['is only signed', signed],
  ])(
    'smaller than the window is refused, and one that is as large is not, where the founding %s',
    async (_, recordOf) => {
      await expect(startFrom(recordOf(defaults.windowInstances - 1))).rejects.toMatchObject({
        code: 'BORDER_MISMATCH',
        message: expect.stringContaining(`${String(defaults.windowInstances - 1)} instances`),
      });
      expect(await startFrom(recordOf(defaults.windowInstances))).toMatchObject({ identity: { incarnation: 1 } });
    },
  );
});

describe('the number of replicas that a process is started for', () => {
  const three = ['1', '2', '3'].map((digit) => digit.repeat(16) as ProcessId);
  const viewOf = (number: number, of: readonly ProcessId[]): LedgerRecord => {
    const record = { view: new View(number, of), from: (100 * number) as Instance };
    return { kind: 'view', group, borderInstances: constants.borderInstances, record };
  };

  it('is that of the founders as long as the group is what they have founded', async () => {
    const signed: Founding = {
      ...{ group, attempt: 0, members: three, base: NO_BASE },
      borderInstances: constants.borderInstances,
    };
    const founding = { signed, joined: null, refused: [], withdrawals: [] };
    const records: LedgerRecord[] = [{ kind: 'founding', founding }, viewOf(0, three)];
    await expect(startFrom(records, 5)).rejects.toMatchObject({ code: 'REPLICAS_MISMATCH' });
    expect(await startFrom(records, 3)).toMatchObject({ identity: { incarnation: 1 } });
  });

  it.each([1, 3, 5])('is of no account to a process that has joined the group (%i)', async (replicas) => {
    expect(await startFrom(viewOf(0, three), replicas)).toMatchObject({ identity: { incarnation: 1 } });
  });

  it.each([1, 3, 5])('is of no account once the members have changed (%i)', async (replicas) => {
    const views = [viewOf(0, three), viewOf(1, [...three, ...members])];
    expect(await startFrom(views, replicas)).toMatchObject({ identity: { incarnation: 1 } });
  });
});
