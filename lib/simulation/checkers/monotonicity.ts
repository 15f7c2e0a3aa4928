import { type Ballot, NO_BALLOT } from '../../model/ballot.js';
import type { Checkpoint } from '../../model/checkpoint.js';
import type { Instance } from '../../model/ids.js';
import type { LedgerRecord, LedgerSnapshot, LogEntry, Withdrawal } from '../../model/records.js';
import { NO_STARTS, type StartsRecord } from '../../model/start.js';
import { isBelow, readCommit, show } from './votes.js';

type Report = (text: string) => void;

/** The contents of one disk. */
export interface OnDisk {
  incarnation: number;
  promise: Ballot;
  watermark: number;
  /** The one to start from. */
  checkpoint: Checkpoint | null;
  /** The founding that it has signed, by the group it founds; empty where there is none. */
  signed: string;
  readonly refused: Set<string>;
  /** The processes that have withdrawn from each founding, as far as it has heard. */
  withdrawals: readonly Withdrawal[];
  /** The latest start of each other member that it has met. */
  starts: StartsRecord;
  readonly entries: Map<number, LogEntry>;
}

/**
 * Promises and votes on each disk: a promise never falls, nor does the ballot of a vote; there is one vote a ballot,
 * and none below what was promised (The Part-Time Parliament, section 2.3); a promise for one instance is one in a
 * reign that is promised as a whole. Over crashes as well: a disk does not know of them.
 */
export class Monotonicity {
  readonly #report: Report;
  readonly #disks = new Map<string, OnDisk>();

  constructor(report: Report) {
    this.#report = report;
  }

  /** The records that the process has made durable. */
  diskOf(name: string): OnDisk {
    let disk = this.#disks.get(name);
    if (disk === undefined) {
      disk = {
        incarnation: 0,
        promise: NO_BALLOT,
        watermark: 0,
        checkpoint: null,
        signed: '',
        refused: new Set(),
        withdrawals: [],
        starts: NO_STARTS,
        entries: new Map(),
      };
      this.#disks.set(name, disk);
    }
    return disk;
  }

  /** The contents of every disk, by the name of its process. */
  get disks(): ReadonlyMap<string, OnDisk> {
    return this.#disks;
  }

  durable(name: string, records: readonly LedgerRecord[]): void {
    const disk = this.diskOf(name);
    const votes = new Set(readCommit(records).votes);
    for (const record of records) {
      if (record.kind === 'promise') this.#promises(name, disk, record.ballot);
      else if (record.kind === 'entry') this.#enters(name, disk, record.entry, votes.has(record.entry));
      else if (record.kind === 'watermark') this.#raises(name, disk, record.watermark);
      else if (record.kind === 'checkpoint') disk.checkpoint = record.checkpoint;
      else if (record.kind === 'identity') this.#starts(name, disk, record.incarnation);
      else if (record.kind === 'founding') {
        disk.signed = record.founding.signed?.group ?? '';
        for (const group of record.founding.refused) disk.refused.add(group);
        disk.withdrawals = record.founding.withdrawals;
      } else if (record.kind === 'starts') disk.starts = record.starts;
      else if (record.kind === 'dissolution') this.#dissolves(name, disk);
    }
    if (disk.checkpoint !== null && disk.checkpoint.next > disk.watermark)
      this.#report(`${name} has a checkpoint at ${disk.checkpoint.next} and its watermark at ${disk.watermark}`);
  }

  /** Of what has been made durable, a start finds all that its process must not forget, and nothing else. */
  loads(name: string, { promise, watermark, entries, checkpoint }: LedgerSnapshot): void {
    const disk = this.diskOf(name);
    if (isBelow(promise, disk.promise))
      this.#report(`${name} starts with its promise of ${show(disk.promise)} forgotten`);
    if (watermark !== disk.watermark)
      this.#report(`${name} starts with watermark ${watermark}, and ${disk.watermark} was written`);
    if (checkpoint?.digest !== disk.checkpoint?.digest)
      this.#report(`${name} starts with another checkpoint than its last`);
    const found = new Map(entries.map((entry) => [entry.instance as number, entry]));
    for (const [instance, written] of disk.entries) {
      if (instance < watermark) continue;
      const entry = found.get(instance);
      found.delete(instance);
      if (entry === undefined || !isSameEntry(entry, written))
        this.#report(`${name} starts with something else at ${instance} than was written`);
    }
    for (const instance of found.keys())
      this.#report(`${name} starts with something at ${instance} that was not written`);
  }

  /** A directory was put back: what it holds now is what there is. */
  adopt(name: string, { identity, promise, watermark, entries, checkpoint, founding, starts }: LedgerSnapshot): void {
    const disk = this.diskOf(name);
    disk.incarnation = identity?.incarnation ?? 0;
    disk.promise = promise;
    disk.watermark = watermark;
    disk.checkpoint = checkpoint;
    disk.signed = founding.signed?.group ?? '';
    disk.withdrawals = founding.withdrawals;
    disk.starts = starts;
    disk.entries.clear();
    for (const entry of entries) disk.entries.set(entry.instance, entry);
  }

  /** A group that is given up has decided nothing. */
  #dissolves(name: string, disk: OnDisk): void {
    if (disk.watermark > 0)
      this.#report(`${name} gives up a group that has decided everything below ${disk.watermark}`);
    disk.incarnation = 0;
    disk.promise = NO_BALLOT;
    disk.signed = '';
    const empty = (instance: number): LogEntry => ({ instance: instance as Instance, promised: NO_BALLOT, vote: null });
    for (const instance of disk.entries.keys()) disk.entries.set(instance, empty(instance));
  }

  #promises(name: string, disk: OnDisk, ballot: Ballot): void {
    if (isBelow(ballot, disk.promise)) this.#report(`${name} promises ${show(ballot)} after ${show(disk.promise)}`);
    disk.promise = ballot;
  }

  #enters(name: string, disk: OnDisk, entry: LogEntry, isVote: boolean): void {
    const before = disk.entries.get(entry.instance);
    disk.entries.set(entry.instance, entry);
    if (isVote) this.#votes(`${name} at ${entry.instance}`, disk, before, entry);
  }

  #votes(where: string, disk: OnDisk, before: LogEntry | undefined, { promised, vote }: LogEntry): void {
    if (before !== undefined && isBelow(promised, before.promised))
      this.#report(`${where} promises ${show(promised)} after ${show(before.promised)}`);
    if (isBelow(disk.promise, { ...promised, step: 0 }))
      this.#report(`${where} promises ${show(promised)}, and that reign nowhere else`);
    const former = before?.vote ?? null;
    if (vote === null) {
      if (former !== null) this.#report(`${where} has forgotten its vote in ${show(former.ballot)}`);
      return;
    }
    if (former !== null && isBelow(vote.ballot, former.ballot))
      this.#report(`${where} votes in ${show(vote.ballot)} after ${show(former.ballot)}`);
    const isSame = former !== null && !isBelow(former.ballot, vote.ballot);
    if (isSame && former.batch.id !== vote.batch.id) this.#report(`${where} votes twice in ${show(vote.ballot)}`);
    if (!isSame && isBelow(vote.ballot, disk.promise))
      this.#report(`${where} votes in ${show(vote.ballot)} though it has promised ${show(disk.promise)}`);
    if (!isSame && isBelow(vote.ballot, promised))
      this.#report(`${where} votes in ${show(vote.ballot)} though it has promised ${show(promised)} there`);
  }

  #raises(name: string, disk: OnDisk, watermark: number): void {
    if (watermark < disk.watermark) this.#report(`${name} lowers its watermark from ${disk.watermark} to ${watermark}`);
    disk.watermark = watermark;
  }

  #starts(name: string, disk: OnDisk, incarnation: number): void {
    if (incarnation <= disk.incarnation) this.#report(`${name} starts as incarnation ${incarnation} again`);
    disk.incarnation = incarnation;
  }
}

function isSameEntry(one: LogEntry, other: LogEntry): boolean {
  const isSameBallot = (a: Ballot, b: Ballot): boolean => !isBelow(a, b) && !isBelow(b, a);
  if (!isSameBallot(one.promised, other.promised)) return false;
  if (one.vote === null || other.vote === null) return one.vote === other.vote;
  return one.vote.batch.id === other.vote.batch.id && isSameBallot(one.vote.ballot, other.vote.ballot);
}
