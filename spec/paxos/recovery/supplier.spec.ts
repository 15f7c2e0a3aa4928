import { beforeEach, describe, expect, it } from '@jest/globals';

import type { CheckpointStore } from '../../../lib/ledger/checkpoint-store.js';
import type { Checkpoint } from '../../../lib/model/checkpoint.js';
import type { ProcessId } from '../../../lib/model/ids.js';
import { defaults } from '../../../lib/model/settings.js';
import { Supplier } from '../../../lib/paxos/recovery/supplier.js';
import type { RepairMessage } from '../../../lib/paxos/wire/repair-messages.js';
import { ANNA, BERT } from '../../support/ids.js';
import { settled } from '../../support/settled.js';
import { CheckpointDisk } from '../../support/stored-checkpoint.js';

let disk: CheckpointDisk;
let checkpoint: Checkpoint;
let supplier: Supplier;
let sent: { readonly to: ProcessId; readonly message: RepairMessage }[];
let damages: unknown[];
let open: number;

/** Counts the readers that are open. */
function counted(store: CheckpointStore): CheckpointStore {
  return {
    create: (place) => store.create(place),
    receive: (wanted) => store.receive(wanted),
    removeUnfinished: () => store.removeUnfinished(),
    keepOnly: (kept) => store.keepOnly(kept),
    open: async (wanted) => {
      const reader = await store.open(wanted);
      open += 1;
      return {
        chunk: (index) => reader.chunk(index),
        close: async () => {
          open -= 1;
          await reader.close();
        },
      };
    },
  };
}

beforeEach(async () => {
  disk = new CheckpointDisk();
  checkpoint = await disk.save(10, ['one', 'two', 'three']);
  sent = [];
  damages = [];
  open = 0;
  supplier = new Supplier({
    settings: defaults,
    store: counted(disk.store),
    send: (to, message) => sent.push({ to, message }),
    onDamage: (error) => damages.push(error),
    fail: (error) => damages.push(error),
  });
  supplier.current = checkpoint;
});

function want(index: number, of = checkpoint, from = ANNA): void {
  supplier.onWantChunk(from, { kind: 'want-chunk', digest: of.digest, index });
}

function chunk(index: number, text: string): RepairMessage {
  return { kind: 'chunk', digest: checkpoint.digest, index, bytes: Buffer.from(text) };
}

describe('a supplier', () => {
  it('sends the chunks that it is asked for to whom has asked', async () => {
    want(1);
    want(0, checkpoint, BERT);
    await settled();
    expect(sent).toEqual([
      { to: ANNA, message: chunk(1, 'two') },
      { to: BERT, message: chunk(0, 'one') },
    ]);
    expect(open).toBe(1);
  });

  it('says of a checkpoint that it does not have that it does not', async () => {
    want(0, { ...checkpoint, digest: 'f'.repeat(32) });
    await settled();
    expect(sent).toEqual([{ to: ANNA, message: { kind: 'no-chunk', digest: 'f'.repeat(32) } }]);
  });

  it('goes on serving one that it has begun when a later one is made and the first removed', async () => {
    want(0);
    await settled();
    supplier.current = await disk.save(20, ['later']);
    await disk.store.keepOnly([supplier.current]);
    want(2);
    await settled();
    expect(sent.at(-1)).toEqual({ to: ANNA, message: chunk(2, 'three') });
  });

  it('takes no notice of a question for a chunk that there is not', async () => {
    for (const index of [3, 2 ** 52]) want(index);
    await settled();
    expect([sent, damages, supplier.current]).toEqual([[], [], checkpoint]);
    want(2);
    await settled();
    expect(sent).toHaveLength(1);
  });

  it('reads no more than so many chunks at one moment, and all that it is asked for later', async () => {
    for (let i = 0; i < 2 * defaults.chunkReadsMax; i += 1) want(0);
    await settled();
    expect(sent).toHaveLength(defaults.chunkReadsMax);
    want(1);
    await settled();
    expect(sent).toHaveLength(defaults.chunkReadsMax + 1);
  });

  it('offers a checkpoint no longer that is damaged, and says so once', async () => {
    disk.damage(10, 1);
    for (const index of [1, 0, 1, 1]) want(index);
    await settled();
    expect(damages).toEqual([expect.objectContaining({ code: 'LEDGER_DAMAGED' })]);
    expect(sent.filter(({ message }) => message.kind === 'no-chunk')).toHaveLength(3);
    expect([supplier.current, supplier.isBusy, open]).toEqual([null, false, 0]);
  });

  it('says of one that is not there at all that it is damaged', async () => {
    await disk.store.keepOnly([]);
    want(0);
    await settled();
    expect([damages.length, sent[0]?.message.kind]).toEqual([1, 'no-chunk']);
  });

  it('closes a reader that nobody asks for anything, and opens it again', async () => {
    want(0);
    await settled();
    expect([supplier.isBusy, open]).toEqual([true, 1]);
    for (let i = 0; i < 500; i += 1) supplier.tick();
    await settled();
    expect([supplier.isBusy, open]).toEqual([false, 0]);
    want(1);
    await settled();
    expect(sent.at(-1)?.message).toEqual(chunk(1, 'two'));
  });

  it('that is closed reads nothing any more when that is done, and calls nothing damaged', async () => {
    want(0);
    const closed = supplier.close();
    want(1);
    await closed;
    await settled();
    expect([open, damages, supplier.isBusy]).toEqual([0, [], false]);
  });
});
