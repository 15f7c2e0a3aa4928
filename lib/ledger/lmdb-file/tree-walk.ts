import { DEPTH_MAX, NODE_FLAGS, type Tree } from './layout.js';
import { overflowFault, overflowOf } from './overflow.js';
import type { PageDamage } from './page-damage.js';
import type { PageFile } from './page-file.js';
import type { PageSet } from './page-set.js';
import { compareKeys, type KeyOrder, TreePage } from './tree-page.js';

/** One tree of the file, and where it is named. */
export interface NamedTree {
  /** The named database, null for LMDB's own two. */
  readonly table: string | null;
  readonly tree: Tree;
  readonly order: KeyOrder;
  /** That last wrote the page which names it: nothing in the tree can be later. */
  readonly transaction: number;
  /** The kind of the entries: values, or other tables. */
  readonly entries: 'values' | 'tables';
}

/** Called with each leaf and entry in whose form nothing is wrong. Returns what is wrong with its value, null if nothing. */
export type Visit = (leaf: TreePage, index: number) => string | null;

/** Where a page must be in its tree. */
interface Place {
  readonly level: number;
  /** Of the page above. */
  readonly transaction: number;
  /** The least key that the page may have, and the least that it may not. */
  readonly from: Buffer | null;
  readonly to: Buffer | null;
}

/** Walks one tree, accounting for its pages in `used`, and finds what is wrong with it. */
export class TreeWalk {
  readonly #file: PageFile;
  readonly #used: PageSet;
  readonly #named: NamedTree;
  readonly #visit: Visit;
  #branchPages = 0;
  #leafPages = 0;
  #overflowPages = 0;
  #entries = 0;

  constructor(file: PageFile, used: PageSet, named: NamedTree, visit: Visit) {
    this.#file = file;
    this.#used = used;
    this.#named = named;
    this.#visit = visit;
  }

  *damages(): Generator<PageDamage> {
    const { tree, transaction } = this.#named;
    if (tree.depth > DEPTH_MAX) {
      yield this.#damage(null, `it is said to be ${tree.depth} pages deep`);
      return;
    }
    let isSound = true;
    if (tree.root !== null) {
      for (const damage of this.#subtree(tree.root, { level: 1, transaction, from: null, to: null })) {
        isSound = false;
        yield damage;
      }
    }
    // Where something could not be walked, the numbers say nothing.
    if (isSound) yield* this.#countDamages();
  }

  *#subtree(number: number, place: Place): Generator<PageDamage> {
    const use = this.#used.use(number, 1);
    if (use !== null) {
      yield this.#damage(number, use);
      return;
    }
    const page = new TreePage(this.#file.page(number), number);
    const fault = page.fault(place.transaction, this.#named.order) ?? this.#placeFault(page, place);
    if (fault !== null) {
      yield this.#damage(number, fault);
      return;
    }
    if (page.isLeaf) yield* this.#leaf(page);
    else yield* this.#branch(page.copy(), place);
  }

  *#branch(page: TreePage, place: Place): Generator<PageDamage> {
    this.#branchPages += 1;
    for (let index = 0; index < page.count; index += 1) {
      yield* this.#subtree(page.child(index), {
        level: place.level + 1,
        transaction: page.transaction,
        from: index === 0 ? place.from : page.key(index),
        to: index + 1 < page.count ? page.key(index + 1) : place.to,
      });
    }
  }

  *#leaf(page: TreePage): Generator<PageDamage> {
    this.#leafPages += 1;
    this.#entries += page.count;
    const { entries } = this.#named;
    for (let index = 0; index < page.count; index += 1) {
      const flags = page.flags(index);
      if (entries === 'tables' ? flags !== NODE_FLAGS.table : flags !== 0 && flags !== NODE_FLAGS.overflow) {
        yield this.#damage(page.number, `entry ${index} has flags ${flags}`);
        continue;
      }
      const damage = flags === NODE_FLAGS.overflow ? this.#overflowDamage(page, index) : null;
      if (damage) {
        yield damage;
        continue;
      }
      const fault = this.#visit(page, index);
      if (fault !== null) yield this.#damage(page.number, fault);
    }
  }

  #overflowDamage(page: TreePage, index: number): PageDamage | null {
    const pages = overflowOf(page, index);
    this.#overflowPages += pages.count;
    const use = this.#used.use(pages.first, pages.count);
    if (use !== null) return this.#damage(page.number, `entry ${index}: ${use}`);
    const fault = overflowFault(this.#file, page, index, pages);
    return fault === null ? null : this.#damage(pages.first, fault);
  }

  #placeFault(page: TreePage, { level, from, to }: Place): string | null {
    const { tree, order } = this.#named;
    if (page.isLeaf !== (level === tree.depth)) {
      return `it is a ${page.isLeaf ? 'leaf' : 'branch'} at level ${level} of ${tree.depth}`;
    }
    const first = page.isLeaf ? 0 : 1;
    if (first >= page.count) return null;
    if (from && compareKeys(page.key(first), from, order) < 0) return 'its first key belongs to a page before it';
    if (to && compareKeys(page.key(page.count - 1), to, order) >= 0) return 'its last key belongs to a page after it';
    return null;
  }

  *#countDamages(): Generator<PageDamage> {
    const { tree } = this.#named;
    const depth = tree.root === null ? 0 : tree.depth;
    const counts: readonly (readonly [string, said: number, found: number])[] = [
      ['levels', tree.depth, depth],
      ['branches', tree.branchPages, this.#branchPages],
      ['leaves', tree.leafPages, this.#leafPages],
      ['pages with values', tree.overflowPages, this.#overflowPages],
      ['entries', tree.entries, this.#entries],
    ];
    for (const [what, said, found] of counts) {
      if (said !== found) yield this.#damage(null, `it is said to have ${said} ${what}, and has ${found}`);
    }
  }

  #damage(page: number | null, why: string): PageDamage {
    return { table: this.#named.table, page, why };
  }
}
