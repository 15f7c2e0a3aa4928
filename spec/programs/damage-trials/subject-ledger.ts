import { createHash } from 'node:crypto';
import { cpSync, mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { journalFile } from '../../../lib/ledger/journal/journal-file.js';
import type { Ledger } from '../../../lib/ledger/ledger.js';
import { dataFile } from '../../../lib/ledger/lmdb/data-file.js';
import { openLmdbLedger } from '../../../lib/ledger/lmdb/lmdb-ledger.js';
import { ballotOf, NO_BALLOT } from '../../../lib/model/ballot.js';
import { batchId } from '../../../lib/model/batch.js';
import { constants } from '../../../lib/model/constants.js';
import type { GroupId, Instance, ProcessId } from '../../../lib/model/ids.js';
import type { LedgerRecord, LogEntry } from '../../../lib/model/records.js';
import { View } from '../../../lib/model/view.js';

const SELF = '0123456789abcdef' as ProcessId;
const GROUP = 'aaaabbbbccccdddd' as GroupId;
const END = Number.MAX_SAFE_INTEGER as Instance;
const DECIDED = [2_100, 160, 90, 12, 12, 12, 12, 12, 12];
const UNDECIDED = 8;
const ENTRIES_A_COMMIT = 40;
/** From records that share a page to those that fill many. */
const BODY_BYTES = [20, 90, 300, 90, 1_400, 20, 5_000, 90, 700, 20, 60, 200, 90, 40, 100, 9_000, 300];

/** Long, so that few tables fit on a page and the table of tables has branches. */
export const QUEUES = DECIDED.map((_, queue) => `queue-${queue}-${'of a long name '.repeat(11)}`);

function voteAt(instance: number, version: number): LedgerRecord {
  const bytes = BODY_BYTES[(instance * 7 + version * 5) % BODY_BYTES.length] ?? 0;
  const batch = { id: batchId(SELF, 1, instance), body: Buffer.alloc(bytes, instance * 31 + version) };
  const entry = {
    instance: instance as Instance,
    promised: NO_BALLOT,
    vote: { ballot: ballotOf(1 + version, SELF, 'fast'), batch },
  };
  return { kind: 'entry', entry };
}

function commit(ledger: Ledger, records: readonly LedgerRecord[]): void {
  // The LMDB ledger calls back before it returns.
  ledger.commit(records, (error) => {
    if (error) throw error;
  });
}

/** Commits that decide up to `decided` and vote beyond it, at each instance several times. */
function* history(from: number, decided: number, version: number): Generator<LedgerRecord[]> {
  for (let first = from; first < decided; first += ENTRIES_A_COMMIT) {
    const next = Math.min(decided, first + ENTRIES_A_COMMIT);
    const instances = Array.from({ length: next + UNDECIDED - first }, (_, offset) => first + offset);
    yield instances.map((instance) => voteAt(instance, version));
    yield [
      ...instances.filter((instance) => instance >= next).map((instance) => voteAt(instance, version + 1)),
      { kind: 'watermark', watermark: next as Instance },
      { kind: 'promise', ballot: ballotOf(next, SELF, 'classic') },
    ];
  }
}

/**
 * Writes ledgers into `directory` in several lives and ends in the midst of the last one, as a process does that is killed:
 * LMDB has not got its last commits, and of the last two the journal has not confirmed yet that they were there. Calls
 * `keep` between commits, more often towards the end.
 */
export async function writeLedgers(directory: string, keep: () => void): Promise<void> {
  for (const life of [0, 1]) {
    for (const [queue, queueId] of QUEUES.entries()) {
      const ledger = openLmdbLedger(directory, queueId);
      ledger.load();
      const half = Math.ceil((DECIDED[queue] ?? 0) / 2);
      if (life === 0) {
        const view = { view: new View(1, [SELF]), from: 0 as Instance };
        commit(ledger, [
          { kind: 'identity', process: SELF, incarnation: 1, founds: true },
          { kind: 'view', group: GROUP, borderInstances: constants.borderInstances, record: view },
        ]);
      }
      for (const records of history(life * half, (life + 1) * half, life)) commit(ledger, records);
      await ledger.close();
    }
    keep();
  }
  const [first, second] = [openLmdbLedger(directory, QUEUES[1] ?? ''), openLmdbLedger(directory, QUEUES[2] ?? '')];
  const next = first.load().watermark;
  for (const records of history(next, next + 2 * ENTRIES_A_COMMIT, 3)) {
    keep();
    commit(first, records);
    // Lets LMDB have it.
    first.read(first.start, END, 0);
  }
  for (const records of history(next + 2 * ENTRIES_A_COMMIT, next + 3 * ENTRIES_A_COMMIT, 3)) {
    keep();
    commit(first, records);
  }
  let place = second.load().watermark + UNDECIDED;
  const vote = (ledger: Ledger, count: number): void => {
    keep();
    commit(
      ledger,
      Array.from({ length: count }, (_, offset) => voteAt(place + offset, 5)),
    );
    place += count;
  };
  for (let round = 0; round < 6; round += 1) vote(second, 1 + (round % 3));
  await sleep(constants.journalConfirmMs);
  vote(second, 17);
  vote(second, 1);
}

/** Copies the files of one ledger directory into another one, which is made. */
export function copyFiles(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  cpSync(dataFile(from), dataFile(to));
  cpSync(journalFile(from), journalFile(to));
}

/** Everything that a queue's ledger tells, as a digest. */
export function reading(ledger: Ledger): string {
  const hash = createHash('sha256');
  const add = (entries: readonly LogEntry[]): void => {
    for (const { instance, promised, vote } of entries) {
      hash.update(JSON.stringify([instance, promised, vote?.ballot, vote?.batch.id]));
      hash.update(vote?.batch.body ?? '');
    }
  };
  const { entries, ...others } = ledger.load();
  hash.update(JSON.stringify(others));
  add(entries);
  for (let from = 0 as Instance; ;) {
    const next = ledger.read(from, END, 200_000);
    const last = next.at(-1);
    if (!last) return hash.digest('hex');
    add(next);
    from = (last.instance + 1) as Instance;
  }
}

/** Goes on writing, enough for LMDB to take pages that were free. */
export function writeOn(ledger: Ledger): void {
  const { watermark } = ledger.load();
  for (const records of history(watermark, watermark + ENTRIES_A_COMMIT, 9)) commit(ledger, records);
}
