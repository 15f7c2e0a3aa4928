import { assert } from '../../model/assert.js';
import type { GroupId, ProcessId } from '../../model/ids.js';
import type { Founding, FoundingRecord, Withdrawal } from '../../model/records.js';
import { EVERYONE } from '../messages.js';
import type { Outbox } from '../outbox.js';
import { withdrawalOf } from './withdrawal.js';

/**
 * The one signature that a process holds at a time, and what it remembers for good of foundings that will not hold: those that
 * it has refused, and the withdrawals that it knows of. Each change is one record of the ledger. Times are in ticks since the
 * start.
 */
export class Signature {
  readonly #outbox: Outbox;
  #record: FoundingRecord;
  /** Members that have signed the same founding, as far as this start has heard. */
  readonly #signers = new Set<ProcessId>();
  #now = 0;
  #signedAt = 0;
  #releasedAt = 0;
  #isOver = false;

  constructor(outbox: Outbox, record: FoundingRecord) {
    this.#outbox = outbox;
    this.#record = record;
  }

  tick(): void {
    this.#now += 1;
  }

  get now(): number {
    return this.#now;
  }

  /** The founding that is signed, or null. */
  get signed(): Founding | null {
    return this.#record.signed;
  }

  /** The founding of `group`, which this process has signed or joined; null where it has neither. */
  foundingOf(group: GroupId | null): Founding | null {
    const { signed, joined } = this.#record;
    return [signed, joined].find((founding) => founding?.group === group) ?? null;
  }

  get withdrawals(): readonly Withdrawal[] {
    return this.#record.withdrawals;
  }

  /** The members whose signatures this start waits for. */
  get missing(): readonly ProcessId[] {
    return this.signed?.members.filter((member) => !this.#signers.has(member)) ?? [];
  }

  /** For how long this start has waited for the others to sign. */
  get waitedTicks(): number {
    return this.#now - this.#signedAt;
  }

  /** When a signature was last given back; 0 where this start has given none back. */
  get releasedAt(): number {
    return this.#releasedAt;
  }

  /** Whether this process gives up its id, and with it its signature: it does nothing more under it. */
  get isOver(): boolean {
    return this.#isOver;
  }

  hasRefused(group: GroupId): boolean {
    return this.#record.refused.includes(group);
  }

  withdrawalFrom(group: GroupId): Withdrawal | undefined {
    return withdrawalOf(this.#record.withdrawals, group);
  }

  /** Whether this founding is never to be signed: it has been refused, or a signer has withdrawn from it. */
  isGivenUp(group: GroupId): boolean {
    return this.hasRefused(group) || this.withdrawalFrom(group) !== undefined;
  }

  /** Signs, and tells everyone once that is durable. */
  sign(founding: Founding): void {
    assert(this.signed === null, 'one signature at a time', { signed: this.signed, asked: founding });
    this.#signedAt = this.#now;
    this.#write({ ...this.#record, signed: founding });
    this.#outbox.sendOnceDurable(EVERYONE, { kind: 'signed', founding });
  }

  /** This process joins the group of a founding that it has not signed. */
  join(founding: Founding): void {
    this.#write({ ...this.#record, joined: founding });
  }

  /** A member has signed the same founding. Returns whether all have. */
  addSigner(member: ProcessId): boolean {
    this.#signers.add(member);
    return this.#signers.size === this.signed?.members.length;
  }

  /** This process never signs that founding, which therefore never holds. */
  refuse(group: GroupId): void {
    this.#write({ ...this.#record, refused: [...this.#record.refused, group] });
  }

  /** These withdrawals are known. */
  note(withdrawals: readonly Withdrawal[]): void {
    this.#write({ ...this.#record, withdrawals });
  }

  /** A member has refused the signed founding, so that it is dead: this process may sign another, and never that one. */
  releaseRefused(group: GroupId): void {
    this.#release({ ...this.#record, refused: [...this.#record.refused, group] });
  }

  /** The signed founding is dead, as these withdrawals show: this process may sign another. */
  releaseWithdrawn(withdrawals: readonly Withdrawal[]): void {
    this.#release({ ...this.#record, withdrawals });
  }

  /** This process gives up its id. */
  end(): void {
    this.#isOver = true;
  }

  /** It gives up its id together with its signature; the withdrawals remain known. */
  endWith(withdrawals: readonly Withdrawal[]): void {
    this.end();
    this.#write({ ...this.#record, withdrawals, signed: null, joined: null });
  }

  #release(record: FoundingRecord): void {
    const group = this.signed?.group;
    // The signature may be of this very turn: then the ledger never gets it.
    this.#outbox.unsay(
      (message) => (message.kind === 'signed' || message.kind === 'found') && message.founding.group === group,
    );
    this.#signers.clear();
    this.#releasedAt = this.#now;
    this.#write({ ...record, signed: null });
  }

  #write(record: FoundingRecord): void {
    this.#record = record;
    this.#outbox.persist({ kind: 'founding', founding: record });
  }
}
