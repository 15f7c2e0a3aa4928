/**
 * One short, stable line for each thing that processes tell each other, write or take notice of: what transcripts and
 * traces are made of. A ballot is `reign.coordinator.f` or `.c`, fast or classic; a batch `process/incarnation/sequence`;
 * `5=p2/1/0` the batch at instance 5; `at 7` the watermark of who speaks.
 */
import type { Notice, Part } from '../consensus/effects.js';
import type { Intent, Item, Message, ReportedVote } from '../consensus/messages.js';
import { unreachable } from '../model/assert.js';
import { NO_BALLOT, sameBallot, type Ballot } from '../model/ballot.js';
import { NO_OP_ID, partsOf, type Batch, type BatchId } from '../model/batch.js';
import type { GroupId, ProcessId } from '../model/ids.js';
import type { Checkpoint } from '../model/checkpoint.js';
import type { Founding, FoundingRecord, LedgerRecord, LogEntry } from '../model/records.js';
import type { WireMessage } from '../queue/wire.js';

/** The short name of a process. */
export type NameOf = (process: ProcessId) => string;

/** Of a longer list only the first so many are shown. */
const SHOWN_MAX = 8;

export function describeBallot(ballot: Ballot, nameOf: NameOf): string {
  if (sameBallot(ballot, NO_BALLOT)) return 'none';
  return `${ballot.reign}.${nameOf(ballot.coordinator)}.${ballot.step === 0 ? 'f' : 'c'}`;
}

export function describeBatchId(id: BatchId, nameOf: NameOf): string {
  if (id === NO_OP_ID) return 'no-op';
  const { process, incarnation, sequence } = partsOf(id);
  return `${nameOf(process)}/${incarnation}/${sequence}`;
}

export function describeMessage(message: WireMessage, nameOf: NameOf): string {
  switch (message.kind) {
    case 'want-checkpoint':
      return `${message.kind} beyond ${message.beyond}`;
    case 'offer':
      return `${message.kind} beyond ${message.beyond}: ${describeCheckpoint(message.checkpoint)}`;
    case 'want-chunk':
    case 'chunk':
      return `${message.kind} ${message.index} of ${message.digest.slice(0, 6)}`;
    case 'no-chunk':
      return `${message.kind} of ${message.digest.slice(0, 6)}`;
    case 'checkpointed':
      return `${message.kind} at ${message.next}: ${message.digest.slice(0, 6)}`;
    default:
      return describeCoreMessage(message, nameOf);
  }
}

function describeCoreMessage(message: Message, nameOf: NameOf): string {
  const { kind } = message;
  const ballotOf = (ballot: Ballot) => describeBallot(ballot, nameOf);
  const itemsOf = (items: readonly Item[]) => list(items.map(({ instance, id }) => item(instance, id, nameOf)));
  switch (kind) {
    case 'hello':
      return `${kind} n=${message.replicas}, ${INTENTS[message.intent]}`;
    case 'found':
    case 'signed':
    case 'founded':
      return `${kind} ${describeFounding(message.founding, nameOf)}`;
    case 'unwilling':
      return `${kind} to sign ${short(message.refused)}`;
    case 'heartbeat':
      return `${kind} ${ballotOf(message.ballot)} at ${message.watermark}${message.anyFrom === null ? '' : `, any from ${message.anyFrom}`}`;
    case 'heard':
      return `${kind} ${ballotOf(message.ballot)} at ${message.watermark}`;
    case 'canvass':
    case 'concur':
      return `${kind} ${ballotOf(message.ballot)}`;
    case 'prepare':
    case 'any':
      return `${kind} ${ballotOf(message.ballot)} from ${message.from}`;
    case 'promise':
      return `${kind} ${ballotOf(message.ballot)} at ${message.watermark}, ${votes(message.votes, nameOf)}`;
    case 'refusal':
      return `${kind}, promised ${ballotOf(message.promised)}`;
    case 'inquire':
      return `${kind} ${ballotOf(message.ballot)} about ${message.instance}`;
    case 'report':
      return `${kind} ${ballotOf(message.ballot)} about ${message.instance}, ${votes(message.vote === null ? [] : [message.vote], nameOf)}`;
    case 'batch':
      return `${kind} ${describeBatchId(message.batch.id, nameOf)}`;
    case 'propose':
      return `${kind} ${ballotOf(message.ballot)}: ${item(message.instance, message.batch.id, nameOf)}`;
    case 'accept':
      return `${kind} ${ballotOf(message.ballot)}: ${itemsOf(message.items)}`;
    case 'accepted':
      return `${kind} ${ballotOf(message.ballot)} at ${message.watermark}: ${itemsOf(message.items)}`;
    case 'fetch':
    case 'duplicate':
      return `${kind} ${describeBatchId(message.id, nameOf)} for ${message.instance}`;
    case 'catch-up':
      return `${kind} from ${message.from} to ${message.to}`;
    case 'decided':
      return `${kind} at ${message.watermark}: ${list(message.batches.map((batch, i) => stored(message.from + i, batch, nameOf)))}`;
    case 'ask':
      return `${kind} ${describeRound(message.round)}`;
    case 'answer':
      return `${kind} ${describeRound(message.round)} until ${message.until}`;
    case 'fill':
      return `${kind} until ${message.until}`;
    default:
      return unreachable(message);
  }
}

export function describeRecord(record: LedgerRecord, nameOf: NameOf): string {
  switch (record.kind) {
    case 'identity':
      return `identity ${nameOf(record.process)}, incarnation ${record.incarnation}${record.founds ? '' : ', founds no group'}`;
    case 'promise':
      return `promise ${describeBallot(record.ballot, nameOf)}`;
    case 'entry':
      return `entry ${describeEntry(record.entry, nameOf)}`;
    case 'watermark':
      return `watermark ${record.watermark}`;
    case 'founding':
      return describeFoundingRecord(record.founding, nameOf);
    case 'view':
      return `view ${record.record.view.number} of ${record.record.view.members.map(nameOf).join(' ')} from ${record.record.from}`;
    case 'checkpoint':
      return describeCheckpoint(record.checkpoint);
    case 'truncation':
      return `truncation but for ${record.keepBytes} bytes`;
    case 'repair':
      return `repair ${describeEntry(record.entry, nameOf)}`;
    case 'base':
      return `base from ${record.base.from}, backup ${record.base.digest.slice(0, 6)}`;
    default:
      return unreachable(record);
  }
}

function describeCheckpoint({ next, position, chunks, digest }: Checkpoint): string {
  return `checkpoint ${digest.slice(0, 6)} at ${next}, position ${position}, ${chunks} chunks`;
}

export function describeEntry({ instance, promised, vote }: LogEntry, nameOf: NameOf): string {
  const alone = sameBallot(promised, NO_BALLOT) ? [] : [`promised ${describeBallot(promised, nameOf)}`];
  // What was learnt to be decided, without a vote of one's own, is in no ballot.
  const ballot =
    vote === null || sameBallot(vote.ballot, NO_BALLOT) ? '' : ` in ${describeBallot(vote.ballot, nameOf)}`;
  const content = vote === null ? `${instance} without a vote` : `${stored(instance, vote.batch, nameOf)}${ballot}`;
  return [content, ...alone].join(', ');
}

export function describeNotice(notice: Notice, nameOf: NameOf): string {
  switch (notice.kind) {
    case 'founded': {
      const group = `group ${short(notice.group)} of ${notice.view.members.map(nameOf).join(' ')}`;
      return `${PARTS[notice.part]} ${group}`;
    }
    case 'replicas-differ':
      return `differs in n from ${nameOf(notice.process)}, n=${notice.replicas}`;
    case 'bases-differ':
      return `differs in the backup from ${nameOf(notice.process)}`;
    case 'awaiting-group':
      return 'awaits a group to join';
    case 'awaiting-signatures':
      return `awaits signatures of ${notice.missing.map(nameOf).join(' ')}`;
    case 'reign':
      return `begins reign ${describeBallot(notice.ballot, nameOf)}`;
    case 'coordinator':
      return `coordinates in ${describeBallot(notice.ballot, nameOf)}`;
    case 'resigned':
      return `resigns ${describeBallot(notice.ballot, nameOf)}: ${notice.why}`;
    case 'collision':
      return `sees a collision at ${notice.instance}`;
    case 'stuck':
      return `finds ${notice.instance} stuck`;
    default:
      return unreachable(notice);
  }
}

const INTENTS: Readonly<Record<Intent, string>> = { found: 'willing', wait: 'not willing', join: 'to join' };

const PARTS: Readonly<Record<Part, string>> = {
  member: 'is in',
  learner: 'learns from',
  stranger: 'comes too late for',
};

function describeFoundingRecord({ signed, refused }: FoundingRecord, nameOf: NameOf): string {
  const signature = signed === null ? 'signature on nothing' : `signature on ${describeFounding(signed, nameOf)}`;
  return refused.length === 0 ? signature : `${signature}, refused ${list(refused.map(short))}`;
}

function describeFounding({ group, attempt, members }: Founding, nameOf: NameOf): string {
  return `${short(group)} of ${members.map(nameOf).join(' ')}${attempt === 0 ? '' : `, attempt ${attempt}`}`;
}

/** A round of reads is numbered within its incarnation, which is in the upper bits. */
function describeRound(round: number): string {
  return `${Math.floor(round / 2 ** 32)}/${round % 2 ** 32}`;
}

function votes(reported: readonly ReportedVote[], nameOf: NameOf): string {
  if (reported.length === 0) return 'no votes';
  return `voted ${list(reported.map(({ instance, ballot, id }) => `${item(instance, id, nameOf)} in ${describeBallot(ballot, nameOf)}`))}`;
}

function item(instance: number, id: BatchId, nameOf: NameOf): string {
  return `${instance}=${describeBatchId(id, nameOf)}`;
}

/** A batch at an instance where it is kept or sent with its body, or without because it is a duplicate there. */
function stored(instance: number, { id, body }: Batch, nameOf: NameOf): string {
  return `${item(instance, id, nameOf)}${id !== NO_OP_ID && body.length === 0 ? ' (stand-in)' : ''}`;
}

function list(items: readonly string[]): string {
  if (items.length <= SHOWN_MAX) return items.join(', ');
  return `${items.slice(0, SHOWN_MAX).join(', ')} and ${items.length - SHOWN_MAX} more`;
}

function short(group: GroupId): string {
  return group.slice(0, 6);
}
