import { freeListFault } from './free-list.js';
import { INTEGER_KEYS, nameOfTable, readNumber, readTree, TREE_BYTES } from './layout.js';
import type { MetaPages, Snapshot } from './meta-pages.js';
import { valueOf } from './overflow.js';
import type { PageDamage } from './page-damage.js';
import type { PageFile } from './page-file.js';
import { PageSet } from './page-set.js';
import { type KeyOrder, TreePage } from './tree-page.js';
import { type NamedTree, TreeWalk } from './tree-walk.js';

/** How the named database of that name compares its keys. */
export type OrderOf = (table: string) => KeyOrder;

/**
 * Everything in the file that is not as LMDB writes it and that LMDB would rely on, beyond the meta pages themselves:
 * each page of each tree, that each is used once, and the list of those that are free. The contents of values are not
 * looked at, nor whether a page that has no use is in the list: such a page is lost space and no more.
 */
export function* findDamage(file: PageFile, { newest, previous }: MetaPages, orderOf: OrderOf): Generator<PageDamage> {
  const wrongMeta = rootDamage(file, newest) ?? (previous && rootDamage(file, previous));
  if (wrongMeta) {
    yield wrongMeta;
    return;
  }
  const used = new PageSet(file.pages, newest.lastPage);
  yield* tableDamages(file, newest, used, orderOf);
  yield* freeListDamages(file, newest, used);
  const end = used.faultBeyondEnd();
  if (end !== null) yield { table: null, page: null, why: end };
}

/** Each transaction of a ledger changes a table, and so the page that leads to all tables: a meta page tells no other time. */
function rootDamage(file: PageFile, { mainTree, transaction }: Snapshot): PageDamage | null {
  const { root } = mainTree;
  if (root === null) return null;
  if (root >= file.pages) return { table: null, page: root, why: 'it has been cut short: the page is missing' };
  const page = new TreePage(file.page(root), root);
  if (page.transaction === transaction) return null;
  const why = `transaction ${page.transaction} wrote it, and its meta page is of transaction ${transaction}`;
  return { table: null, page: root, why };
}

function* tableDamages(file: PageFile, newest: Snapshot, used: PageSet, orderOf: OrderOf): Generator<PageDamage> {
  const tables: NamedTree[] = [];
  const main: NamedTree = {
    table: null,
    tree: newest.mainTree,
    order: 'bytes',
    transaction: newest.transaction,
    entries: 'tables',
  };
  yield* new TreeWalk(file, used, main, (leaf, index) => {
    if (leaf.dataBytes(index) !== TREE_BYTES) return `entry ${index} has ${leaf.dataBytes(index)} bytes`;
    const table = nameOfTable(leaf.key(index));
    const tree = readTree(leaf.bytes, leaf.dataStart(index));
    const order = orderOf(table);
    if (tree.flags !== (order === 'bytes' ? 0 : INTEGER_KEYS)) return `table ${table} has flags ${tree.flags}`;
    tables.push({ table, tree, order, transaction: leaf.transaction, entries: 'values' });
    return null;
  }).damages();
  for (const table of tables) yield* new TreeWalk(file, used, table, () => null).damages();
}

function* freeListDamages(file: PageFile, newest: Snapshot, used: PageSet): Generator<PageDamage> {
  const free: NamedTree = {
    table: null,
    tree: newest.freeTree,
    order: 'uint64',
    transaction: newest.transaction,
    entries: 'values',
  };
  const damages = new TreeWalk(file, used, free, (leaf, index) => {
    const transaction = readNumber(leaf.key(index), 0);
    if (transaction < 1 || transaction > newest.transaction) return `entry ${index} is of transaction ${transaction}`;
    return freeListFault(valueOf(file, leaf, index), used);
  }).damages();
  for (const damage of damages) yield { ...damage, why: `in the list of free pages: ${damage.why}` };
}
