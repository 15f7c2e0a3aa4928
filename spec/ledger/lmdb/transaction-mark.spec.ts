import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { RootDatabase } from 'lmdb';

import { dataFile } from '../../../lib/ledger/lmdb/data-file.js';
import { closeRoot, openRoot, transactionOf } from '../../../lib/ledger/lmdb/lmdb-root.js';
import { TransactionMark } from '../../../lib/ledger/lmdb-file/transaction-mark.js';
import { remove, temporaryDirectory } from './lmdb-files.js';

const MAP_BYTES = 2 ** 24;
const KEY = Buffer.from('key');

let directory: string;
let root: RootDatabase<Buffer>;
let mark: TransactionMark;
let looks: number;

/** Returns the number of the latest transaction, which is the one before the next. */
function look(): number {
  looks += 1;
  return transactionOf(root, () => root.getWriteTxnId()) - 1;
}

/** What another process has LMDB do with the same directory. */
function elsewhere(statement: string): void {
  const program = `
    import { open } from 'lmdb';
    const root = open(process.argv[1], { noSubdir: false, maxDbs: 100, encoding: 'binary', mapSize: ${MAP_BYTES} });
    ${statement};
    await root.close();`;
  execFileSync(process.execPath, ['--input-type=module', '-e', program, directory], {
    cwd: join(import.meta.dirname, '../../..'),
  });
}

beforeEach(() => {
  directory = temporaryDirectory();
  root = openRoot(directory, { readOnly: false, mapSize: MAP_BYTES });
  root.putSync(KEY, Buffer.from('0'));
  mark = new TransactionMark(dataFile(directory));
  looks = 0;
});

afterEach(async () => {
  mark.close();
  await closeRoot(root);
  remove(directory);
});

describe('a mark of the latest transaction', () => {
  it('has LMDB looked at once, and not again before there has been another', () => {
    for (let i = 0; i < 10; i += 1) mark.check(look);
    expect(looks).toBe(1);
  });

  it('has it looked at after each, whichever of the two meta pages it has written', () => {
    for (let i = 1; i <= 8; i += 1) {
      root.putSync(KEY, Buffer.from(String(i)));
      mark.check(look);
      mark.check(look);
      expect(looks).toBe(i);
    }
  });

  it.each([
    ['puts a value', "root.putSync(Buffer.from('key'), Buffer.from('theirs'))"],
    ['makes a table', "root.openDB({ name: 'theirs', encoding: 'binary' })"],
    ['puts several values', "for (let i = 0; i < 2; i += 1) root.putSync(Buffer.from('key'), Buffer.from('v' + i))"],
  ])('has it looked at after another process %s', (_, statement) => {
    mark.check(look);
    elsewhere(statement);
    mark.check(look);
    expect(looks).toBe(2);
  });

  it('does not after another process has only read', () => {
    mark.check(look);
    elsewhere("root.get(Buffer.from('key'))");
    mark.check(look);
    expect(looks).toBe(1);
  });

  it('has it looked at again where it was found wrong', () => {
    const wrong = (): number => {
      look();
      throw new Error('wrong');
    };
    for (let i = 1; i <= 3; i += 1) {
      expect(() => mark.check(wrong)).toThrow('wrong');
      expect(looks).toBe(i);
    }
  });

  it('has it looked at again where what was seen was older than what the file tells of already', () => {
    for (let i = 1; i <= 3; i += 1) {
      mark.check(() => look() - 1);
      expect(looks).toBe(i);
    }
    mark.check(look);
    mark.check(look);
    expect(looks).toBe(4);
  });

  it('has it looked at again where something was committed while it was', () => {
    mark.check(() => {
      const seen = look();
      root.putSync(KEY, Buffer.from('meanwhile'));
      return seen;
    });
    mark.check(look);
    mark.check(look);
    expect(looks).toBe(2);
  });
});
