import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { CheckpointReader, CheckpointWriter } from '../../lib/ledger/checkpoint-store.js';
import type { Checkpoint } from '../../lib/model/checkpoint.js';
import type { Position } from '../../lib/model/ids.js';
import { repetitions } from '../support/repetitions.js';
import { committed, type LedgerPlace, QUEUE } from './ledger-place.js';
import { ledgerOfEachTest } from './open-ledger.js';
import { at } from './records.js';

/** Registers what the checkpoints of every ledger must do. */
export function describeCheckpoints(name: string, emptyPlace: () => LedgerPlace): void {
  describe(`${name}, as any keeper of checkpoints`, () => {
    const chunks = [Buffer.from('one'), Buffer.alloc(0), Buffer.alloc(300_000, 7), Buffer.from('four')];

    const open = ledgerOfEachTest(emptyPlace);

    async function reopen(): Promise<void> {
      await open.reopen();
      open.ledger.load();
    }

    const placeOf = (next: number) => ({ next: at(next), position: (10 * next) as Position });

    async function write(next: number, contents: readonly Uint8Array[] = chunks): Promise<Checkpoint> {
      const writer = open.ledger.checkpoints.create(placeOf(next));
      await appendAll(writer, contents);
      return writer.finish();
    }

    /** Makes it the one to start from. */
    async function record(checkpoint: Checkpoint): Promise<void> {
      await committed(
        open.ledger,
        { kind: 'checkpoint', checkpoint },
        { kind: 'watermark', watermark: checkpoint.next },
      );
    }

    async function readAll(checkpoint: Checkpoint): Promise<Buffer[]> {
      const reader = await open.ledger.checkpoints.open(checkpoint);
      const read = await chunksOf(reader, checkpoint);
      await reader.close();
      return read;
    }

    const damage = (message: string): unknown =>
      expect.objectContaining({ code: 'LEDGER_DAMAGED', message: expect.stringContaining(message) });

    it('gives back the chunks that it was given, in any order, and after a restart', async () => {
      const checkpoint = await write(7);
      expect(checkpoint).toMatchObject({ next: 7, position: 70, chunks: 4, bytes: 300_007 });
      await record(checkpoint);
      expect(same(await readAll(checkpoint), chunks)).toBe(true);
      await reopen();
      expect(same(await readAll(checkpoint), chunks)).toBe(true);
      const reader = await open.ledger.checkpoints.open(checkpoint);
      expect(await reader.chunk(3)).toEqual(chunks[3]);
      expect(await reader.chunk(0)).toEqual(chunks[0]);
      await reader.close();
    });

    it('gives back any chunks, with the digest that their contents have', async () => {
      const anyChunks = fc.array(
        fc.oneof(
          fc.uint8Array({ maxLength: 50 }),
          fc.nat(2_000_000).map((bytes) => new Uint8Array(bytes).fill(bytes)),
        ),
        { maxLength: 6 },
      );
      const roundTrip = async (contents: readonly Uint8Array[]) => {
        const checkpoint = await write(1, contents);
        expect(checkpoint.digest).toBe(digestOf(contents));
        expect(same(await readAll(checkpoint), contents)).toBe(true);
      };
      await fc.assert(fc.asyncProperty(anyChunks, roundTrip), { numRuns: repetitions(8, 50) });
    });

    it('takes chunks without their being waited for', async () => {
      const writer = open.ledger.checkpoints.create(placeOf(2));
      const contents = Array.from({ length: 200 }, (_, i) => Buffer.alloc(40_000, i));
      await Promise.all(contents.map((chunk) => writer.append(chunk)));
      expect(same(await readAll(await writer.finish()), contents)).toBe(true);
    });

    it('finds a torn chunk, and reads the others', async () => {
      const checkpoint = await write(7);
      for (const change of [flipped, (stored: Buffer) => Buffer.alloc(stored.length)]) {
        open.place.changeChunk(checkpoint, 2, change);
        const reader = await open.ledger.checkpoints.open(checkpoint);
        await expect(reader.chunk(2)).rejects.toEqual(damage('chunk 2 of the checkpoint at instance 7'));
        expect(await reader.chunk(3)).toEqual(chunks[3]);
        await reader.close();
      }
    });

    it('finds a chunk in the place of another', async () => {
      const same = [Buffer.from('same'), Buffer.from('same')];
      const checkpoint = await write(7, same);
      let first: Buffer = Buffer.alloc(0);
      open.place.changeChunk(checkpoint, 0, (stored) => (first = Buffer.from(stored)));
      open.place.changeChunk(checkpoint, 1, () => first);
      const reader = await open.ledger.checkpoints.open(checkpoint);
      await expect(reader.chunk(1)).rejects.toEqual(damage('chunk 1 of'));
      await reader.close();
    });

    it('finds that a checkpoint is missing, or another', async () => {
      const checkpoint = await write(7);
      await expect(open.ledger.checkpoints.open({ ...checkpoint, next: at(8) })).rejects.toEqual(
        damage('it is not there'),
      );
      const other = { ...checkpoint, digest: digestOf([]) };
      await expect(open.ledger.checkpoints.open(other)).rejects.toEqual(damage('another one'));
      await expect(open.ledger.checkpoints.open({ ...checkpoint, chunks: 3 })).rejects.toEqual(damage('another one'));
    });

    it('leaves nothing of a checkpoint that is abandoned, and all of one that is finished', async () => {
      const writer = open.ledger.checkpoints.create(placeOf(7));
      await appendAll(writer, chunks);
      await writer.abandon();
      await writer.abandon();
      expect(open.place.checkpointCount()).toBe(0);
      const again = open.ledger.checkpoints.create(placeOf(7));
      await appendAll(again, chunks);
      const checkpoint = await again.finish();
      await again.abandon();
      expect(same(await readAll(checkpoint), chunks)).toBe(true);
      expect(open.place.checkpointCount()).toBe(1);
    });

    it('begins anew where an earlier attempt has left something', async () => {
      const first = open.ledger.checkpoints.create(placeOf(7));
      for (let i = 0; i < 3; i += 1) await first.append(Buffer.alloc(3_000_000));
      await reopen();
      expect(open.place.checkpointCount()).toBe(0);
      const checkpoint = await write(7);
      expect(same(await readAll(checkpoint), chunks)).toBe(true);
      await first.abandon();
    });

    it('keeps only what it is told to keep, and lets a reader read on', async () => {
      const [first, second, third] = [await write(1), await write(2), await write(3)];
      const reader = await open.ledger.checkpoints.open(first);
      await open.ledger.checkpoints.keepOnly([second, third]);
      expect(open.place.checkpointCount()).toBe(2);
      expect(same(await chunksOf(reader, first), chunks)).toBe(true);
      await reader.close();
      await expect(open.ledger.checkpoints.open(first)).rejects.toEqual(damage('it is not there'));
      await open.ledger.checkpoints.keepOnly([third]);
      expect(same(await readAll(third), chunks)).toBe(true);
      await open.ledger.checkpoints.keepOnly([]);
      expect(open.place.checkpointCount()).toBe(0);
    });

    it('has after a start only the checkpoint to start from', async () => {
      const checkpoint = await write(5);
      await record(checkpoint);
      await write(4);
      await write(6);
      await reopen();
      expect(open.place.checkpointCount()).toBe(1);
      expect(same(await readAll(checkpoint), chunks)).toBe(true);
    });

    describe('of another process', () => {
      const announced = { ...placeOf(7), chunks: 4, bytes: 300_007, digest: digestOf(chunks) };

      it('is there when all of it has been received', async () => {
        const receiver = await open.ledger.checkpoints.receive(announced);
        expect(receiver.received).toBe(0);
        for (const [index, chunk] of chunks.entries()) {
          await receiver.append(chunk);
          expect(receiver.received).toBe(index + 1);
        }
        await receiver.finish();
        expect(same(await readAll(announced), chunks)).toBe(true);
        expect(open.place.checkpointCount()).toBe(1);
      });

      it('is gone on with after a restart', async () => {
        const receiver = await open.ledger.checkpoints.receive(announced);
        for (const chunk of chunks.slice(0, 3)) await receiver.append(chunk);
        await receiver.pause();
        await reopen();
        const again = await open.ledger.checkpoints.receive(announced);
        expect(again.received).toBe(3);
        await again.append(chunks[3]!);
        await again.finish();
        expect(same(await readAll(announced), chunks)).toBe(true);
      });

      it('is gone on with from the first chunk that is damaged', async () => {
        const receiver = await open.ledger.checkpoints.receive(announced);
        for (const chunk of chunks.slice(0, 3)) await receiver.append(chunk);
        await receiver.pause();
        await open.ledger.close();
        open.place.changeReceived(announced, 1, flipped);
        open.ledger = open.place.open(QUEUE);
        open.ledger.load();
        const again = await open.ledger.checkpoints.receive(announced);
        expect(again.received).toBe(1);
        for (const chunk of chunks.slice(1)) await again.append(chunk);
        await again.finish();
        expect(same(await readAll(announced), chunks)).toBe(true);
      });

      it('is not gone on with where it is another', async () => {
        const receiver = await open.ledger.checkpoints.receive(announced);
        await receiver.append(chunks[0]!);
        await receiver.pause();
        const other = await open.ledger.checkpoints.receive({ ...announced, digest: digestOf([]) });
        expect(other.received).toBe(0);
        await other.pause();
      });

      it('is refused, and gone, where it is not what was announced', async () => {
        const receiver = await open.ledger.checkpoints.receive(announced);
        for (const chunk of [...chunks.slice(0, 3), Buffer.from('five')]) await receiver.append(chunk);
        await expect(receiver.finish()).rejects.toEqual(damage('are not the announced ones'));
        expect(open.place.checkpointCount()).toBe(0);
      });

      it('takes the place of one of this process, which may be damaged', async () => {
        await write(7);
        open.place.changeChunk(announced, 0, flipped);
        const receiver = await open.ledger.checkpoints.receive(announced);
        for (const chunk of chunks) await receiver.append(chunk);
        await receiver.finish();
        expect(same(await readAll(announced), chunks)).toBe(true);
      });

      it('is given up at a start that has a later one to start from', async () => {
        const receiver = await open.ledger.checkpoints.receive(announced);
        await receiver.append(chunks[0]!);
        await receiver.pause();
        await record(await write(8));
        await reopen();
        expect(open.place.checkpointCount()).toBe(1);
      });
    });
  });
}

function flipped(stored: Buffer): Buffer {
  const changed = Buffer.from(stored);
  changed[changed.length - 1]! ^= 1;
  return changed;
}

async function appendAll(writer: CheckpointWriter, chunks: readonly Uint8Array[]): Promise<void> {
  for (const chunk of chunks) await writer.append(chunk);
}

async function chunksOf(reader: CheckpointReader, { chunks }: Checkpoint): Promise<Buffer[]> {
  const read: Buffer[] = [];
  for (let index = 0; index < chunks; index += 1) read.push(await reader.chunk(index));
  return read;
}

/** Compares quickly what jest would compare slowly. */
function same(read: readonly Uint8Array[], written: readonly Uint8Array[]): boolean {
  return read.length === written.length && read.every((chunk, index) => Buffer.compare(chunk, written[index]!) === 0);
}

/** As `Checkpoint.digest` describes it. */
function digestOf(chunks: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const chunk of chunks) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(chunk.length);
    hash.update(length).update(chunk);
  }
  return hash.digest('hex').slice(0, 32);
}
