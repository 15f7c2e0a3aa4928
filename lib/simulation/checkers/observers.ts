import { NO_BALLOT, sameBallot } from '../../model/ballot.js';
import type { LedgerRecord } from '../../model/records.js';
import { routes, type WireMessage } from '../../paxos/wire/routes.js';

type Report = (text: string) => void;

/**
 * A process that has no vote promises, votes, signs, answers and coordinates nothing: one that has lost its votes and comes back under
 * another id, until a view has it. The id that was lost is never heard of again.
 */
export class Observers {
  readonly #report: Report;
  readonly #retired = new Set<string>();
  /** The foundings that each process has proposed as a member, by its id and the group. */
  readonly #proposed = new Set<string>();

  constructor(report: Report) {
    this.#report = report;
  }

  retires(id: string): void {
    this.#retired.add(id);
  }

  opens(name: string, id: string): void {
    if (this.#retired.has(id)) this.#report(`${name} takes part as ${id}, whose votes are lost`);
  }

  /** A process that has its votes says something. */
  saysAsMember(id: string, message: WireMessage): void {
    if (message.kind === 'found') this.#proposed.add(`${id} ${message.founding.group}`);
  }

  /**
   * Until it knows that its votes are lost, a process takes itself for the member that it was: it may say that it is one, and
   * repeat a proposal that it made before.
   */
  saysUnaware(name: string, id: string, message: WireMessage): void {
    if (message.kind === 'founded' || message.kind === 'signed') return;
    if (message.kind === 'found' && this.#proposed.has(`${id} ${message.founding.group}`)) return;
    this.says(name, message);
  }

  says(name: string, { kind }: WireMessage): void {
    if (routes[kind].saidBy === 'members') this.#report(`${name}, which has no vote, says ${kind}`);
  }

  durable(name: string, records: readonly LedgerRecord[]): void {
    for (const record of records) {
      const what = claimIn(record);
      if (what !== null) this.#report(`${name}, which has no vote, ${what}`);
    }
  }
}

function claimIn(record: LedgerRecord): string | null {
  if (record.kind === 'promise') return 'promises';
  if (record.kind === 'founding' && record.founding.signed !== null) return 'signs';
  if (record.kind !== 'entry') return null;
  const { instance, promised, vote } = record.entry;
  if (vote !== null && !sameBallot(vote.ballot, NO_BALLOT)) return `votes at ${instance}`;
  return sameBallot(promised, NO_BALLOT) ? null : `promises at ${instance}`;
}
