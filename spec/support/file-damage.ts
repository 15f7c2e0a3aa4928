import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { kindsOfPages } from '../programs/damage-trials/page-kinds.js';

/** What can become of a file, given its path. */
export type FileDamage = (path: string) => void;

export const fileDamages = {
  emptied: (path) => {
    truncateSync(path, 0);
  },
  'cut short': (path) => {
    truncateSync(path, Math.floor(statSync(path).size / 2));
  },
  zeroed: (path) => {
    writeFileSync(path, Buffer.alloc(statSync(path).size));
  },
  'changed in one bit': (path) => {
    const bytes = readFileSync(path);
    const middle = bytes.length >> 1;
    bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
    writeFileSync(path, bytes);
  },
  removed: (path) => {
    rmSync(path);
  },
} satisfies Record<string, FileDamage>;

/** Writes noise over a page of LMDB's that leads to records. */
export function spoilPage(path: string): void {
  const { pageBytes, kinds } = kindsOfPages(path);
  const bytes = readFileSync(path);
  const page = kinds.indexOf('leaf of a table');
  for (let offset = 0; offset < pageBytes; offset += 1)
    bytes.writeUInt8((offset * 37) & 255, page * pageBytes + offset);
  writeFileSync(path, bytes);
}

/** Every checkpoint that is complete. */
export function checkpointFiles(directory: string): string[] {
  return filesIn(directory).filter((path) => path.endsWith('.checkpoint'));
}

/** By path: what tells the contents of every file. */
export function digestsOf(directory: string): Map<string, string> {
  return new Map(
    filesIn(directory).map((path) => [path, createHash('md5').update(readFileSync(path)).digest('hex')] as const),
  );
}

function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
