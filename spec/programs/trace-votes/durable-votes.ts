import { decodeCommits } from '../../../lib/ledger/journal/journaled-commit.js';
import { readSector, SECTOR_BYTES } from '../../../lib/ledger/journal/sector.js';
import { RecordCodec } from '../../../lib/ledger/records/record-codec.js';
import { type Ballot, compareBallots } from '../../../lib/model/ballot.js';
import type { Instance } from '../../../lib/model/ids.js';
import { bytesOf, type SystemCall } from './system-calls.js';

/** How a vote had become durable. */
export type Way = 'journal' | 'LMDB';

/** When which votes were on the disk, by the lines of a trace. */
export class DurableVotes {
  /** Of each instance, the votes that have been written to the journal, and the line at which the sync had returned. */
  readonly #journaled = new Map<Instance, { readonly ballot: Ballot; readonly end: number }[]>();
  readonly #commits: readonly { readonly begin: number; readonly end: number }[];

  constructor(calls: readonly SystemCall[], queueId: string) {
    const codec = new RecordCodec(queueId, 'in a trace');
    for (const write of calls.filter(isCommit)) {
      const sync = calls.find(({ name, fd, begin, result }) => {
        return name === 'fdatasync' && fd === write.fd && begin > write.end && result === 0;
      });
      for (const { instance, ballot } of votesIn(write, codec)) {
        const written = this.#journaled.get(instance) ?? [];
        written.push({ ballot, end: sync?.end ?? Infinity });
        this.#journaled.set(instance, written);
      }
    }
    this.#commits = commitsOfLmdb(calls);
  }

  /**
   * How a vote that is sent with line `send` had become durable, itself or by a later one at its instance that takes its
   * place; null if it had not. What is not in the journal must be in a transaction of LMDB's since line `before`.
   */
  wayOf({ instance, ballot }: ToldVote, before: number, send: number): Way | null {
    const written = (this.#journaled.get(instance) ?? []).filter((vote) => compareBallots(vote.ballot, ballot) >= 0);
    if (written.length > 0) return written.some(({ end }) => end < send) ? 'journal' : null;
    return this.#commits.some(({ begin, end }) => before < begin && end < send) ? 'LMDB' : null;
  }
}

export interface ToldVote {
  readonly instance: Instance;
  readonly ballot: Ballot;
}

export function nameOfVote({ instance, ballot: { reign, coordinator, step } }: ToldVote): string {
  return `${instance} of ${reign}.${coordinator}.${step}`;
}

/** Whether it writes a commit, whole, to the journal: its header is at 0. */
function isCommit({ name, path, given, result }: SystemCall): boolean {
  const [, bytes, offset] = /, (\d+), (\d+)$/.exec(given) ?? [];
  return name === 'pwrite64' && path.endsWith('/journal') && Number(bytes) === result && Number(offset) > 0;
}

function votesIn({ given }: SystemCall, codec: RecordCodec): ToldVote[] {
  const [, written = ''] = /"([^"]*)"/.exec(given) ?? [];
  const bytes = bytesOf(written);
  const contents: Buffer[] = [];
  for (let number = 0; number < bytes.length / SECTOR_BYTES; number += 1) {
    const sector = readSector(bytes, number);
    if (sector === null || sector === 'damaged') throw new Error('What was written to the journal is no commit.');
    contents.push(sector.content);
  }
  const commits = decodeCommits(Buffer.concat(contents));
  return commits
    .flatMap(({ values }) => [...values])
    .flatMap(([key, value]) => {
      if (typeof key === 'string' || value === null) return [];
      const { instance, vote } = codec.decodeEntry(key, value);
      return vote === null ? [] : [{ instance, ballot: vote.ballot }];
    });
}

/** LMDB syncs the pages of a commit, then writes the page that makes them valid by a descriptor opened with O_DSYNC. */
function commitsOfLmdb(calls: readonly SystemCall[]): { begin: number; end: number }[] {
  const opened = calls.filter(({ name, given }) => name === 'openat' && given.includes('O_DSYNC'));
  const durable = new Set(opened.map(({ result }) => result));
  const isData = ({ path }: SystemCall): boolean => path.endsWith('/data.mdb');
  return calls.flatMap((sync) => {
    if (sync.name !== 'fdatasync' || !isData(sync) || sync.result !== 0) return [];
    const meta = calls.find((call) => {
      return call.name === 'pwrite64' && isData(call) && durable.has(call.fd ?? -1) && call.begin > sync.end;
    });
    return meta !== undefined && meta.result > 0 ? [{ begin: sync.begin, end: meta.end }] : [];
  });
}
