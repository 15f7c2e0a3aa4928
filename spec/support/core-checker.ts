import type { Message } from '../../lib/consensus/messages.js';
import { type Ballot, compareBallots } from '../../lib/model/ballot.js';
import { type Batch, type BatchId, NO_OP_ID, partsOf } from '../../lib/model/batch.js';
import type { Instance } from '../../lib/model/ids.js';
import type { LedgerRecord } from '../../lib/model/records.js';
import { type DeliveryState, DeliveryTable } from '../../lib/sequence/delivery-table.js';
import type { CoreProcess } from './core-process.js';

/** Watches a group from outside and fails as soon as something has happened that must never happen (docs/protocol.md). */
export class CoreChecker {
  readonly #chosen: BatchId[] = [];
  /** What is delivered at each instance. */
  readonly #deliveredAt: (readonly BatchId[])[] = [];
  readonly #table: DeliveryTable;
  readonly #deliveryRowsMax: number | undefined;
  readonly #proposed = new Map<BatchId, string>();
  /** Of each process what was delivered last. */
  readonly #latest = new Map<string, BatchId>();

  constructor(deliveryRowsMax?: number) {
    this.#deliveryRowsMax = deliveryRowsMax;
    this.#table = new DeliveryTable(undefined, deliveryRowsMax);
  }

  proposed({ id, body }: Batch): void {
    this.#proposed.set(id, textOf(body));
  }

  /** What an application has been given that was told the first `decided` decisions. */
  delivered(decided: number): string[] {
    return this.#deliveredAt
      .slice(0, decided)
      .flat()
      .map((id) => this.#proposed.get(id) ?? id);
  }

  /** What is in the checkpoint of a process that has been told everything below `next`: what was chosen, and the table. */
  checkpointed(next: Instance): { readonly chosen: readonly BatchId[]; readonly delivered: DeliveryState } {
    const chosen = this.#chosen.slice(0, next);
    const table = new DeliveryTable(undefined, this.#deliveryRowsMax);
    chosen.forEach((id, instance) => table.pass({ id, body: this.#bodyOf(id) }, instance as Instance));
    return { chosen, delivered: table.state };
  }

  /** What is delivered below `next`. */
  deliveredBelow(next: Instance): readonly BatchId[] {
    return this.#deliveredAt.slice(0, next).flat();
  }

  /** One order everywhere, nothing invented, nothing delivered without its contents. */
  decides(process: CoreProcess, instance: Instance, batch: Batch): void {
    const { id, body } = batch;
    if (instance > process.decided.size) throw new Error(`${name(process)} has left a gap before ${instance}`);
    if (instance === this.#chosen.length) {
      this.#chosen.push(id);
      const delivered = this.#table.pass({ id, body: this.#bodyOf(id) }, instance).map((other) => other.id);
      this.#deliveredAt.push(delivered);
      for (const other of delivered) this.#inOrder(other);
    }
    const chosen = this.#chosen[instance];
    if (chosen !== id) throw new Error(`${name(process)} has decided '${id}' at ${instance}, and others '${chosen}'`);
    if (id === NO_OP_ID) return;
    const text = this.#proposed.get(id);
    if (text === undefined) throw new Error(`nobody has proposed ${id}, decided at ${instance}`);
    if (textOf(body) !== text) throw new Error(`${name(process)} delivers '${textOf(body)}' instead of '${text}'`);
  }

  #bodyOf(id: BatchId): Uint8Array {
    return Buffer.from(this.#proposed.get(id) ?? '');
  }

  /** Every vote is stored with its batch, whole. */
  persists(process: CoreProcess, records: readonly LedgerRecord[]): void {
    for (const record of records) {
      if (record.kind !== 'entry' || record.entry.vote === null) continue;
      const { id, body } = record.entry.vote.batch;
      const text = this.#proposed.get(id) ?? textOf(body);
      if (textOf(body) !== text || (body.length === 0 && id !== NO_OP_ID))
        throw new Error(`${name(process)} stores ${id} as '${textOf(body)}'`);
    }
  }

  /** Of one process everything is delivered in the order in which it was proposed, and once. */
  #inOrder(id: BatchId): void {
    const { process, incarnation, since, sequence } = partsOf(id);
    const latest = this.#latest.get(process);
    const before = latest === undefined ? null : partsOf(latest);
    const isSameSeries = before?.incarnation === incarnation && before.since === since;
    const follows = isSameSeries ? sequence === before.sequence + 1 : sequence === 0;
    if (!follows || (before?.incarnation ?? 0) > incarnation)
      throw new Error(`${id} is delivered after ${latest ?? 'nothing'}`);
    this.#latest.set(process, id);
  }

  /** Nobody hears of a promise, vote or signature that is not on disk. */
  hears(process: CoreProcess, message: Message): void {
    const { disk } = process;
    switch (message.kind) {
      case 'promise':
        backed(compareBallots(disk.promise, message.ballot) >= 0, process, message);
        for (const { instance, ballot } of message.votes) backed(hasVoted(process, instance, ballot), process, message);
        break;
      case 'report': {
        const promised = disk.log.get(message.instance)?.promised;
        const promises = promised !== undefined && compareBallots(promised, message.ballot) >= 0;
        backed(promises || message.instance < disk.watermark, process, message);
        break;
      }
      case 'accepted':
        backed(compareBallots({ ...disk.promise, step: 1 }, message.ballot) >= 0, process, message);
        for (const { instance, id } of message.items)
          backed(hasVoted(process, instance, message.ballot, id), process, message);
        break;
      case 'signed':
      case 'founded':
        backed(disk.founding.signed?.group === message.founding.group, process, message);
        break;
      case 'heartbeat':
      case 'heard':
        backed(message.durable <= disk.watermark, process, message);
        break;
      case 'unwilling':
        backed(disk.views.length > 0 || disk.founding.refused.includes(message.refused), process, message);
        break;
      default:
    }
  }
}

/** Whether the disk shows the vote, or a later one that has taken its place. */
function hasVoted({ disk }: CoreProcess, instance: Instance, ballot: Ballot, id?: BatchId): boolean {
  if (instance < disk.watermark) return true;
  const vote = disk.log.get(instance)?.vote;
  if (vote === undefined || vote === null) return false;
  const order = compareBallots(vote.ballot, ballot);
  return order > 0 || (order === 0 && (id === undefined || vote.batch.id === id));
}

function backed(holds: boolean, process: CoreProcess, message: Message): void {
  if (!holds) throw new Error(`${name(process)} says what is not on its disk: ${JSON.stringify(message)}`);
}

function name({ number }: CoreProcess): string {
  return `process ${number}`;
}

function textOf(body: Uint8Array): string {
  return Buffer.from(body).toString();
}
