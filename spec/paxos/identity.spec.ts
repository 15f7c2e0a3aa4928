import { describe, expect, it } from '@jest/globals';

import { MemoryDisk } from '../../lib/ledger/memory/memory-ledger.js';
import type { GroupId, Instance, ProcessId } from '../../lib/model/ids.js';
import { NO_BASE } from '../../lib/model/base.js';
import { limits } from '../../lib/model/limits.js';
import type { Founding, LedgerRecord } from '../../lib/model/records.js';
import { View } from '../../lib/model/view.js';
import { claimIdentity } from '../../lib/paxos/identity.js';
import { committed, QUEUE } from '../ledger/ledger-place.js';

const members = ['a'.repeat(16) as ProcessId];
const group = 'c'.repeat(16) as GroupId;

/** What becomes of a start from a ledger that holds `record`. */
async function startFrom(record: LedgerRecord): Promise<unknown> {
  const ledger = new MemoryDisk().open(QUEUE);
  await committed(ledger, record);
  const options = { replicas: 1, queueId: QUEUE, founds: true, randomBytes: (count: number) => Buffer.alloc(count, 7) };
  return claimIdentity(ledger, options);
}

describe('a start in a group whose α is', () => {
  const held = (borderInstances: number): LedgerRecord => {
    return { kind: 'view', group, borderInstances, record: { view: new View(0, members), from: 0 as Instance } };
  };
  const signed = (borderInstances: number): LedgerRecord => {
    const founding: Founding = { group, attempt: 0, members, base: NO_BASE, borderInstances };
    return { kind: 'founding', founding: { signed: founding, refused: [], withdrawals: [] } };
  };

  it.each([
    ['holds', held],
    ['is only signed', signed],
  ])(
    'smaller than the window is refused, and one that is as large is not, where the founding %s',
    async (_, recordOf) => {
      await expect(startFrom(recordOf(limits.windowInstances - 1))).rejects.toMatchObject({
        code: 'BORDER_MISMATCH',
        message: expect.stringContaining(`${String(limits.windowInstances - 1)} instances`),
      });
      expect(await startFrom(recordOf(limits.windowInstances))).toMatchObject({ identity: { incarnation: 1 } });
    },
  );
});
