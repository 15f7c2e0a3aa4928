import { DEPTH_MAX, keyOfTable, NODE_FLAGS, readTree, type Tree, TREE_BYTES } from './layout.js';
import type { Snapshot } from './meta-pages.js';
import { overflowFault, overflowOf, valueOf } from './overflow.js';
import type { PageDamage } from './page-damage.js';
import type { PageFile } from './page-file.js';
import { TreePage } from './tree-page.js';

export type Found =
  | { readonly kind: 'value'; readonly value: Buffer | undefined }
  | { readonly kind: 'damage'; readonly damage: PageDamage };

interface Entry {
  readonly leaf: TreePage;
  readonly index: number;
}

const NOTHING: Found = { kind: 'value', value: undefined };

/**
 * The value at `key` of a named database whose keys are compared by their bytes: undefined where there is no such key or no
 * such database. Looks at the pages that lead there and no others.
 */
export function findValue(file: PageFile, snapshot: Snapshot, table: string, key: Buffer): Found {
  const named = findEntry(file, snapshot.mainTree, keyOfTable(table), snapshot.transaction);
  if (named === null) return NOTHING;
  if ('why' in named) return { kind: 'damage', damage: named };
  const { leaf, index } = named;
  if (leaf.flags(index) !== NODE_FLAGS.table || leaf.dataBytes(index) !== TREE_BYTES) {
    return { kind: 'damage', damage: { table, page: leaf.number, why: `entry ${index} is no table` } };
  }
  const entry = findEntry(file, readTree(leaf.bytes, leaf.dataStart(index)), key, leaf.transaction);
  if (entry === null) return NOTHING;
  return 'why' in entry ? { kind: 'damage', damage: { ...entry, table } } : readEntry(file, entry, table);
}

function readEntry(file: PageFile, { leaf, index }: Entry, table: string): Found {
  if (leaf.flags(index) === NODE_FLAGS.overflow) {
    const pages = overflowOf(leaf, index);
    const isThere = pages.first + pages.count <= file.pages;
    const why = isThere ? overflowFault(file, leaf, index, pages) : 'the page is missing';
    if (why !== null) return { kind: 'damage', damage: { table, page: pages.first, why } };
  }
  return { kind: 'value', value: valueOf(file, leaf, index) };
}

function findEntry(file: PageFile, tree: Tree, key: Buffer, transaction: number): Entry | PageDamage | null {
  let number = tree.root;
  let lastTransaction = transaction;
  for (let level = 1; number !== null; level += 1) {
    if (number >= file.pages) return { table: null, page: number, why: 'the page is missing' };
    const page = new TreePage(file.page(number), number).copy();
    const why = level > DEPTH_MAX ? 'it is too deep in its tree' : page.fault(lastTransaction, 'bytes');
    if (why !== null) return { table: null, page: number, why };
    const index = lastAtMost(page, key);
    if (page.isLeaf) return index >= 0 && page.key(index).equals(key) ? { leaf: page, index } : null;
    number = page.child(Math.max(0, index));
    lastTransaction = page.transaction;
  }
  return null;
}

/** The last entry whose key is not greater, -1 where all are. A branch's first key is less than any. */
function lastAtMost(page: TreePage, key: Buffer): number {
  let index = page.isLeaf ? -1 : 0;
  while (index + 1 < page.count && Buffer.compare(page.key(index + 1), key) <= 0) index += 1;
  return index;
}
