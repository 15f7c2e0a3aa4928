import { readFileSync, writeFileSync } from 'node:fs';

import { HEAD_BYTES } from '../../lib/ledger/checkpoints/checkpoint-layout.js';

/** Replaces one chunk, after its length and checksum, in the file of a checkpoint; the length of the file may change. */
export function changeStoredChunk(path: string, index: number, change: (stored: Buffer) => Buffer): void {
  const file = readFileSync(path);
  let start = HEAD_BYTES;
  const lengthAt = (offset: number) => 8 + file.readUInt32LE(offset);
  for (let chunk = 0; chunk < index; chunk += 1) start += lengthAt(start);
  const end = start + lengthAt(start);
  writeFileSync(path, Buffer.concat([file.subarray(0, start), change(file.subarray(start, end)), file.subarray(end)]));
}
