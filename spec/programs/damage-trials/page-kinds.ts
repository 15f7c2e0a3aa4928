import { closeSync, openSync } from 'node:fs';

import { META_PAGES, NODE_FLAGS, readTree, type Tree } from '../../../lib/ledger/lmdb-file/layout.js';
import { readMetaPages } from '../../../lib/ledger/lmdb-file/meta-pages.js';
import { overflowOf } from '../../../lib/ledger/lmdb-file/overflow.js';
import { PageFile } from '../../../lib/ledger/lmdb-file/page-file.js';
import { TreePage } from '../../../lib/ledger/lmdb-file/tree-page.js';

export const PAGE_KINDS = [
  'meta page',
  'branch of the table of tables',
  'leaf of the table of tables',
  'branch of a table',
  'leaf of a table',
  'first page of a value',
  'further page of a value',
  'free list',
  'free page',
] as const;
export type PageKind = (typeof PAGE_KINDS)[number];

export interface KnownPages<Kind> {
  readonly pageBytes: number;
  /** By page. */
  readonly kinds: readonly Kind[];
}

interface Kinds {
  readonly branch: PageKind;
  readonly leaf: PageKind;
  readonly value: PageKind;
  readonly furtherValue: PageKind;
}

const MAIN: Kinds = {
  branch: 'branch of the table of tables',
  leaf: 'leaf of the table of tables',
  value: 'first page of a value',
  furtherValue: 'further page of a value',
};
const TABLE: Kinds = { ...MAIN, branch: 'branch of a table', leaf: 'leaf of a table' };
const FREE: Kinds = { branch: 'free list', leaf: 'free list', value: 'free list', furtherValue: 'free list' };

/** What each page of a sound data file is for. */
export function kindsOfPages(path: string): KnownPages<PageKind> {
  const fd = openSync(path, 'r');
  try {
    const meta = readMetaPages(fd);
    if (meta.kind !== 'meta pages') throw new Error(`The data file ${path} is not sound.`);
    const file = new PageFile(fd, meta.pageBytes);
    const kinds = Array.from({ length: file.pages }, (_, page): PageKind =>
      page < META_PAGES ? 'meta page' : 'free page',
    );
    markTree(file, kinds, meta.newest.mainTree, MAIN);
    markTree(file, kinds, meta.newest.freeTree, FREE);
    return { pageBytes: meta.pageBytes, kinds: kinds };
  } finally {
    closeSync(fd);
  }
}

function markTree(file: PageFile, marks: PageKind[], { root }: Tree, kinds: Kinds): void {
  if (root !== null) markPage(file, marks, root, kinds);
}

function markPage(file: PageFile, marks: PageKind[], number: number, kinds: Kinds): void {
  const page = new TreePage(file.page(number), number).copy();
  marks[number] = page.isLeaf ? kinds.leaf : kinds.branch;
  for (let index = 0; index < page.count; index += 1) {
    if (!page.isLeaf) markPage(file, marks, page.child(index), kinds);
    else if (page.flags(index) === NODE_FLAGS.table) {
      markTree(file, marks, readTree(page.bytes, page.dataStart(index)), TABLE);
    } else if (page.flags(index) === NODE_FLAGS.overflow) {
      const { first, count } = overflowOf(page, index);
      marks[first] = kinds.value;
      marks.fill(kinds.furtherValue, first + 1, first + count);
    }
  }
}
