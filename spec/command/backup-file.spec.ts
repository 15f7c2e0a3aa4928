import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { type BackupHeader, encodeEnd, encodeEntries, encodeHeader } from '../../lib/backup/backup-format.js';
import { BackupInput } from '../../lib/backup/backup-input.js';
import { BackupOutput } from '../../lib/backup/backup-output.js';
import { type Batch, batchId, NO_OP } from '../../lib/model/batch.js';
import { after, type GroupId, type Instance, type Position, type ProcessId } from '../../lib/model/ids.js';
import { View } from '../../lib/model/view.js';

const MEMBERS = ['aaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbb'] as ProcessId[];

interface Content {
  readonly chunks: readonly Buffer[];
  readonly pieces: readonly (readonly Batch[])[];
  readonly start: number;
}

const bodies = fc.uint8Array({ maxLength: 60 }).map((body) => Buffer.from(body));
const batches: fc.Arbitrary<Batch> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ id: fc.nat().map((n) => batchId(MEMBERS[0]!, 1, n)), body: bodies }),
  },
  fc.constant(NO_OP),
);
const contents: fc.Arbitrary<Content> = fc.record({
  chunks: fc.array(bodies, { maxLength: 4 }),
  pieces: fc.array(fc.array(batches, { minLength: 1, maxLength: 4 }), { maxLength: 4 }),
  start: fc.nat(1000),
});

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'treplica-backup-'));
  path = join(directory, 'state.backup');
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

function headerOf({ chunks, pieces, start }: Content): BackupHeader {
  return {
    queueId: '239.255.0.1:7400',
    group: 'cccccccccccccccc' as GroupId,
    views: [{ view: new View(0, MEMBERS), from: 0 as Instance }],
    start: start as Instance,
    watermark: after(start as Instance, pieces.flat().length),
    checkpoint: {
      next: start as Instance,
      position: 7 as Position,
      chunks: chunks.length,
      bytes: Buffer.concat(chunks).length,
      digest: 'd'.repeat(32),
    },
  };
}

async function write(content: Content): Promise<string> {
  const output = await BackupOutput.create(path);
  await output.add('header', encodeHeader(headerOf(content)));
  let from = content.start as Instance;
  for (const batches of content.pieces) {
    await output.add('entries', encodeEntries({ from, batches }));
    from = after(from, batches.length);
  }
  for (const chunk of content.chunks) await output.add('chunk', chunk);
  await output.add('end', encodeEnd({ position: 9 as Position }));
  return output.finish();
}

async function codeOf(bytes: Buffer): Promise<unknown> {
  writeFileSync(path, bytes);
  return BackupInput.open(path).then(
    async (input) => {
      await input.close();
      return 'sound';
    },
    (error: unknown) => (error as { readonly code: unknown }).code,
  );
}

const SMALL: Content = {
  chunks: [Buffer.from('state')],
  pieces: [[NO_OP, { id: batchId(MEMBERS[1]!, 2, 3), body: Buffer.from('body') }]],
  start: 5,
};

describe('a backup', () => {
  it('comes back as it went', async () => {
    await fc.assert(
      fc.asyncProperty(contents, async (content) => {
        rmSync(path, { force: true });
        const digest = await write(content);
        const input = await BackupInput.open(path);
        expect([input.header, input.end, input.digest]).toEqual([headerOf(content), { position: 9 }, digest]);
        const pieces: (readonly Batch[])[] = [];
        for await (const { batches } of input.entries()) pieces.push(batches);
        expect(pieces).toEqual(content.pieces);
        const chunks: Buffer[] = [];
        for await (const chunk of input.chunks()) chunks.push(chunk);
        expect(chunks).toEqual(content.chunks);
        await input.close();
      }),
      { numRuns: 50 },
    );
  });

  it('that is cut short anywhere is refused', async () => {
    await write(SMALL);
    const whole = readFileSync(path);
    for (let length = 0; length < whole.length; length += 1) {
      expect([length, await codeOf(whole.subarray(0, length))]).toEqual([length, 'BACKUP_DAMAGED']);
    }
    expect(await codeOf(whole)).toBe('sound');
  });

  it('with a flipped bit anywhere is refused', async () => {
    await write(SMALL);
    const whole = readFileSync(path);
    for (let bit = 0; bit < 8 * whole.length; bit += 3) {
      const flipped = Buffer.from(whole);
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect([bit, await codeOf(flipped)]).toEqual([bit, expect.stringMatching(/^BACKUP_(DAMAGED|VERSION)$/)]);
    }
  });

  it('with something behind it, or in another order, is refused', async () => {
    await write(SMALL);
    const whole = readFileSync(path);
    expect(await codeOf(Buffer.concat([whole, Buffer.from([0])]))).toBe('BACKUP_DAMAGED');
    rmSync(path);
    const output = await BackupOutput.create(path);
    const { pieces, start } = SMALL;
    await output.add('header', encodeHeader(headerOf(SMALL)));
    for (const chunk of SMALL.chunks) await output.add('chunk', chunk);
    await output.add('entries', encodeEntries({ from: start as Instance, batches: pieces[0]! }));
    await output.add('end', encodeEnd({ position: 9 as Position }));
    await expect(output.finish()).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
    expect(existsSync(path)).toBe(false);
    await output.abandon();
  });

  it.each<[string, Content]>([
    ['a gap in its log', { ...SMALL, pieces: [] }],
    ['a chunk too few', { ...SMALL, chunks: [] }],
  ])('with %s is refused', async (_, written) => {
    const output = await BackupOutput.create(path);
    await output.add('header', encodeHeader(headerOf(SMALL)));
    for (const batches of written.pieces)
      await output.add('entries', encodeEntries({ from: written.start as Instance, batches }));
    for (const chunk of written.chunks) await output.add('chunk', chunk);
    await output.add('end', encodeEnd({ position: 9 as Position }));
    await expect(output.finish()).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
    expect(existsSync(path)).toBe(false);
    await output.abandon();
  });

  it('of another format version is told apart from a damaged one', async () => {
    await write(SMALL);
    const whole = readFileSync(path);
    whole.writeUInt32LE(1, 8);
    expect(await codeOf(whole)).toBe('BACKUP_VERSION');
  });

  it('is written over nothing, neither a file of its name nor one that is being written', async () => {
    await write(SMALL);
    await expect(BackupOutput.create(path)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    const other = join(directory, 'other.backup');
    const first = await BackupOutput.create(other);
    await expect(BackupOutput.create(other)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    writeFileSync(other, 'came meanwhile');
    const nothing = { chunks: [], pieces: [], start: 0 };
    await first.add('header', encodeHeader(headerOf(nothing)));
    await first.add('end', encodeEnd({ position: 0 as Position }));
    await expect(first.finish()).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    expect(readFileSync(other, 'utf8')).toBe('came meanwhile');
  });

  it('that is given up leaves nothing behind', async () => {
    const output = await BackupOutput.create(path);
    await output.add('header', encodeHeader(headerOf(SMALL)));
    await output.abandon();
    expect(readdirSync(directory)).toEqual([]);
  });
});

describe('a backup that could not be restored', () => {
  it('is never called written, and leaves nothing behind', async () => {
    const content = { chunks: [Buffer.from('a'), Buffer.from('b')], pieces: [], start: 0 };
    const output = await BackupOutput.create(path);
    await output.add('header', encodeHeader(headerOf(content)));
    await output.add('chunk', Buffer.from('a'));
    await output.add('end', encodeEnd({ position: 7 as Position }));
    await expect(output.finish()).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
    await output.abandon();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is not even begun with a record that is too long to be read', async () => {
    const output = await BackupOutput.create(path);
    const chunk = Buffer.alloc(66 * 2 ** 20);
    await expect(output.add('chunk', chunk)).rejects.toThrow('no record of a backup is longer');
    await output.abandon();
    expect(readdirSync(directory)).toEqual([]);
  });
});
