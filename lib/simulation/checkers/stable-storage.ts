import type { Ballot } from '../../model/ballot.js';
import type { WireMessage } from '../../paxos/wire/routes.js';
import type { Agreement } from './agreement.js';
import type { Monotonicity, OnDisk } from './monotonicity.js';
import { isBelow, show } from './votes.js';

type Report = (text: string) => void;

/**
 * Nobody hears of a promise, vote or signature before it is on the disk of its sender, nor of a decision that has not been
 * made, nor that more is on its disk than there is.
 */
export class StableStorage {
  readonly #disks: Monotonicity;
  readonly #agreement: Agreement;
  readonly #report: Report;

  constructor(disks: Monotonicity, agreement: Agreement, report: Report) {
    this.#disks = disks;
    this.#agreement = agreement;
    this.#report = report;
  }

  says(name: string, message: WireMessage): void {
    const disk = this.#disks.diskOf(name);
    const flaw = this.#flawOf(disk, message);
    if (flaw !== null) this.#report(`${name} says ${flaw}`);
  }

  /** A process that has lost its disk has nothing to say in the group, but which keys it has. */
  saysAsStranger(name: string, { kind }: WireMessage): void {
    if (kind !== 'hello' && kind !== 'unwilling' && kind !== 'keys')
      this.#report(`${name}, which has lost its disk, says ${kind}`);
  }

  #flawOf(disk: OnDisk, message: WireMessage): string | null {
    switch (message.kind) {
      case 'promise':
        return this.#flawOfPromise(disk, message.ballot, message.votes) ?? this.#flawOfWatermark(message.watermark);
      case 'prepare':
        // Otherwise a later life might use the ballot again, and take late answers for answers to a question of its own.
        return isBelow(disk.promise, message.ballot)
          ? `that it begins ${show(message.ballot)}, which it has not promised itself on its disk`
          : null;
      case 'report':
        return this.#promisesAt(disk, message.instance, message.ballot)
          ? null
          : `that it promises ${show(message.ballot)} at ${message.instance}, which is not on its disk`;
      case 'accepted': {
        const lie = message.items.find(({ instance, id }) => !this.#hasVoted(disk, instance, message.ballot, id));
        return lie === undefined
          ? this.#flawOfWatermark(message.watermark)
          : `that it votes in ${show(message.ballot)} at ${lie.instance}, which is not on its disk`;
      }
      case 'decided': {
        const lie = message.batches.findIndex(({ id }, i) => this.#agreement.chosenAt(message.from + i) !== id);
        return lie < 0
          ? null
          : `that ${message.batches[lie]?.id ?? ''} is decided at ${message.from + lie}, where it has not been chosen`;
      }
      case 'offer':
        return this.#flawOfWatermark(message.checkpoint.next);
      case 'heartbeat':
      case 'heard':
        return this.#flawOfWatermark(message.watermark) ?? this.#flawOfDurable(disk, message.durable);
      case 'withdrawn': {
        const { founding, by } = message.withdrawal;
        const written = disk.withdrawals.find((other) => other.founding.group === founding.group)?.by ?? [];
        return by.every((process) => written.includes(process))
          ? null
          : `that ${founding.group} is given up, which is not on its disk`;
      }
      case 'signed':
      case 'founded':
        return disk.signed === message.founding.group
          ? null
          : `that it founds ${message.founding.group}, which it has not signed on its disk`;
      default:
        return null;
    }
  }

  #flawOfPromise(
    disk: OnDisk,
    ballot: Ballot,
    votes: readonly { readonly instance: number; readonly ballot: Ballot; readonly id: string }[],
  ): string | null {
    if (isBelow(disk.promise, ballot)) return `that it promises ${show(ballot)}, which is not on its disk`;
    const lie = votes.find((vote) => !this.#hasVoted(disk, vote.instance, vote.ballot, vote.id));
    return lie === undefined
      ? null
      : `that it has voted in ${show(lie.ballot)} at ${lie.instance}, which is not on its disk`;
  }

  #flawOfWatermark(watermark: number): string | null {
    return watermark <= this.#agreement.front
      ? null
      : `that everything below ${watermark} is decided, and at ${this.#agreement.front} nothing is`;
  }

  #flawOfDurable(disk: OnDisk, durable: number): string | null {
    return durable <= disk.watermark
      ? null
      : `that its disk holds everything below ${durable}, and it knows only what is below ${disk.watermark}`;
  }

  /** Whether the disk shows the vote, or a later one that has taken its place. */
  #hasVoted(disk: OnDisk, instance: number, ballot: Ballot, id: string): boolean {
    if (instance < disk.watermark) return true;
    const vote = disk.entries.get(instance)?.vote;
    if (vote === undefined || vote === null || isBelow(vote.ballot, ballot)) return false;
    return isBelow(ballot, vote.ballot) || vote.batch.id === id;
  }

  #promisesAt(disk: OnDisk, instance: number, ballot: Ballot): boolean {
    if (instance < disk.watermark) return true;
    const promised = disk.entries.get(instance)?.promised;
    return promised !== undefined && !isBelow(promised, ballot);
  }
}
