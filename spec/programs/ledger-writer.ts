/**
 * `ledger-writer <directory> <queueId> <bodyBytes> [keepBytes]`: opens the ledger, says "open", then commits one entry
 * after the other from its watermark on and says each instance once it is durable, until it is killed. The entries' bodies
 * have `bodyBytes`, or the sizes of a list, `0,200,70000`, by turns. When a commit fails it says so, tries another, closes
 * the ledger and ends. With `keepBytes` it commits 64 entries at a time, and cuts the log to that at every segment's end.
 */
import { writeSync } from 'node:fs';

import { openLmdbLedger } from '../../lib/ledger/lmdb/lmdb-ledger.js';
import { ballotOf, NO_BALLOT } from '../../lib/model/ballot.js';
import { batchId } from '../../lib/model/batch.js';
import { constants } from '../../lib/model/constants.js';
import { after, type Instance, type Position, type ProcessId } from '../../lib/model/ids.js';
import type { LedgerRecord } from '../../lib/model/records.js';

const [directory = '', queueId = '', bodyBytes = '0', keepBytes] = process.argv.slice(2);
const sizes = bodyBytes.split(',').map(Number);
const entriesACommit = keepBytes === undefined ? 1 : 64;
const self = '0123456789abcdef' as ProcessId;
const ledger = openLmdbLedger(directory, queueId);

/** Not through process.stdout, which would keep what it has not written when the process is killed. */
function say(line: string): void {
  writeSync(1, `${line}\n`);
}

function recordsAt(instance: Instance): LedgerRecord[] {
  const entries = Array.from({ length: entriesACommit }, (_, offset) => entryAt(after(instance, offset)));
  const isSegment = instance % constants.segmentInstances === 0;
  return [
    ...entries,
    { kind: 'watermark', watermark: after(instance, entriesACommit) },
    ...(keepBytes !== undefined && isSegment ? cutAt(instance, Number(keepBytes)) : []),
  ];
}

function entryAt(instance: Instance): LedgerRecord {
  const body = Buffer.alloc(sizes[instance % sizes.length] ?? 0, instance);
  const batch = { id: batchId(self, 1, instance), body };
  const vote = { ballot: ballotOf(1, self, 'fast'), batch };
  return { kind: 'entry', entry: { instance, promised: NO_BALLOT, vote } };
}

function cutAt(next: Instance, bytes: number): LedgerRecord[] {
  const checkpoint = { next, position: 0 as Position, chunks: 0, bytes: 0, digest: '0'.repeat(32) };
  return [
    { kind: 'checkpoint', checkpoint },
    { kind: 'truncation', keepBytes: bytes },
  ];
}

function commitAt(instance: Instance): void {
  ledger.commit(recordsAt(instance), (error) => {
    if (!error) {
      say(String(instance));
      setImmediate(commitAt, after(instance, entriesACommit));
      return;
    }
    say(`failed: ${error.message}`);
    ledger.commit([], (again) => say(again ? 'failed again' : 'succeeded'));
    void ledger.close().then(() => say('closed'));
  });
}

const { watermark } = ledger.load();
say('open');
commitAt(watermark);
