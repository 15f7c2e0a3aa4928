import { fstatSync } from 'node:fs';

import {
  FORMAT_VERSION,
  INTEGER_KEYS,
  MAGIC,
  META,
  META_BYTES,
  META_PAGES,
  PAGE_FLAGS,
  PAGE_HEADER,
  readNumber,
  readTree,
  type Tree,
} from './layout.js';
import type { PageDamage } from './page-damage.js';
import { readInto } from './page-file.js';

const PAGE_BYTES_MIN = 512;
const PAGE_BYTES_MAX = 65_536;
const MAP_BYTES_MAX = 2 ** 47;

/** The contents of one meta page: the state after one transaction. */
export interface Snapshot {
  readonly transaction: number;
  readonly lastPage: number;
  readonly freeTree: Tree;
  readonly mainTree: Tree;
}

export interface MetaPages {
  readonly kind: 'meta pages';
  readonly pageBytes: number;
  /** The state that LMDB opens. */
  readonly newest: Snapshot;
  /** The one before, null in a file that has seen less than two transactions. */
  readonly previous: Snapshot | null;
  /** The bytes of both pages, to tell whether they have changed. */
  readonly bytes: Buffer;
}

export type MetaReading =
  | MetaPages
  | { readonly kind: 'version'; readonly version: number }
  | { readonly kind: 'damage'; readonly damage: PageDamage; readonly bytes: Buffer };

/** Reads the two meta pages as LMDB does, and finds what is wrong with them. */
export function readMetaPages(fd: number): MetaReading {
  const first = readMeta(fd, 0);
  const pageBytes = first.readUInt32LE(META.pageBytes);
  const second = readMeta(fd, pageBytes);
  const bytes = Buffer.concat([first, second]);
  const damageOf = (page: number | null, why: string): MetaReading => ({
    kind: 'damage',
    damage: { table: null, page, why },
    bytes,
  });

  // LMDB would take it for a new one, and this process would silently forget what it was.
  if (fstatSync(fd).size === 0) return damageOf(null, 'it is empty, cut short or interrupted in its creation');
  if (!isMetaPage(first, 0)) return damageOf(0, 'it is not the one LMDB wrote');
  if (!isPageSize(pageBytes)) return damageOf(0, `pages of ${pageBytes} bytes are none that LMDB has`);
  if (!isMetaPage(second, 1)) return damageOf(1, 'it is not the one LMDB wrote');
  const version = first.readUInt32LE(META.version);
  if (version !== second.readUInt32LE(META.version)) return damageOf(1, 'it is of another version than page 0');
  if (version !== FORMAT_VERSION) return { kind: 'version', version };
  for (const [page, meta] of [first, second].entries()) {
    const fault = faultOf(meta, page, pageBytes);
    if (fault !== null) return damageOf(page, fault);
  }

  const [one, two] = [readSnapshot(first), readSnapshot(second)];
  const [newest, previous] = one.transaction >= two.transaction ? [one, two] : [two, one];
  // Each transaction writes the page that the one before it has not written.
  if (newest.transaction !== previous.transaction + 1 && newest.transaction !== 0) {
    return damageOf(null, `its meta pages are of transactions ${one.transaction} and ${two.transaction}`);
  }
  return { kind: 'meta pages', pageBytes, newest, previous: previous.transaction === 0 ? null : previous, bytes };
}

function isMetaPage(meta: Buffer, page: number): boolean {
  return (
    meta.readUInt32LE(META.magic) === MAGIC &&
    readNumber(meta, PAGE_HEADER.pageNumber) === page &&
    meta.readUInt16LE(PAGE_HEADER.flags) === PAGE_FLAGS.meta
  );
}

function isPageSize(bytes: number): boolean {
  return bytes >= PAGE_BYTES_MIN && bytes <= PAGE_BYTES_MAX && (bytes & (bytes - 1)) === 0;
}

function faultOf(meta: Buffer, page: number, pageBytes: number): string | null {
  const { transaction, lastPage, freeTree, mainTree } = readSnapshot(meta);
  const mapBytes = readNumber(meta, META.mapBytes);
  if (meta.readUInt32LE(META.pageBytes) !== pageBytes) return 'it says another size of pages than page 0';
  if (readNumber(meta, META.fixedAddress) !== 0) return 'it asks for a fixed address';
  // Before the first transaction, both pages are of transaction 0.
  if (transaction > Number.MAX_SAFE_INTEGER || (transaction > 0 && transaction % META_PAGES !== page)) {
    return `it is of transaction ${transaction}`;
  }
  if (lastPage < META_PAGES - 1) return `it says that page ${lastPage} is the last`;
  if (mapBytes % pageBytes !== 0 || mapBytes < (lastPage + 1) * pageBytes || mapBytes > MAP_BYTES_MAX) {
    return `it asks for a map of ${mapBytes} bytes and says that page ${lastPage} is the last`;
  }
  if (freeTree.flags !== INTEGER_KEYS) return `the free list has flags ${freeTree.flags}`;
  if (mainTree.flags !== 0) return `the table of tables has flags ${mainTree.flags}`;
  return null;
}

function readSnapshot(meta: Buffer): Snapshot {
  return {
    transaction: readNumber(meta, META.transaction),
    lastPage: readNumber(meta, META.lastPage),
    freeTree: readTree(meta, META.freeTree),
    mainTree: readTree(meta, META.mainTree),
  };
}

function readMeta(fd: number, position: number): Buffer {
  const bytes = Buffer.alloc(META_BYTES);
  readInto(fd, bytes, position);
  return bytes;
}
