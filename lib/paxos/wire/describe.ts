/**
 * One short, stable line for each thing that processes tell each other or write: what transcripts and traces are made of. A
 * ballot is `reign.coordinator.f` or `.c`, fast or classic; a batch `process/incarnation/sequence`, with its kind before it
 * where it holds no messages; `5=p2/1/0` the batch at instance 5; `at 7` the watermark of the sender.
 */
import type { CoreMessage, FoundingMessage, Intent, Item, MessageOf, ReportedVote } from '../../consensus/messages.js';
import { unreachable } from '../../model/assert.js';
import { type Ballot, NO_BALLOT, sameBallot } from '../../model/ballot.js';
import { type BatchId, isOfMessages, NO_OP_ID, partsOf, valueKindOf } from '../../model/batch.js';
import type { Checkpoint } from '../../model/checkpoint.js';
import { constants } from '../../model/constants.js';
import type { GroupId, ProcessId } from '../../model/ids.js';
import type { Founding, FoundingRecord, LedgerRecord, LogEntry, Withdrawal } from '../../model/records.js';
import { incarnationOf, type PeerStarts, type Start } from '../../model/start.js';
import type { RepairMessage } from './repair-messages.js';
import { isOf, type WireMessage } from './routes.js';
import type { StartMessage } from './start-messages.js';

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
  const { process, incarnation, since, sequence } = partsOf(id);
  const kind = isOfMessages(id) ? '' : `${valueKindOf(id)} `;
  return `${kind}${nameOf(process)}/${incarnationOf(incarnation)}${since === 0 ? '' : `+${since}`}/${sequence}`;
}

export function describeMessage(message: WireMessage, nameOf: NameOf): string {
  if (isOf('founding', message)) return describeFoundingMessage(message, nameOf);
  if (isOf('repair', message)) return describeRepairMessage(message);
  if (isOf('starts', message)) return describeStartMessage(message, nameOf);
  if (isOf('keys', message))
    return `keys ${message.edition}: state ${message.number}, sends with ${message.sendingId}, has ${list(message.ids.map(String))}`;
  if (isOf('facts', message))
    return `${message.kind} ${message.edition}: ${list(Object.keys(message.facts).map((name) => JSON.stringify(name)))}`;
  if (isOf('observers', message)) return `${message.kind}, ${message.durable} durable`;
  return describeCoreMessage(message, nameOf);
}

function describeFoundingMessage(message: FoundingMessage, nameOf: NameOf): string {
  switch (message.kind) {
    case 'hello':
      return `${message.kind} n=${message.replicas}, ${INTENTS[message.intent]}${describeBorder(message)}`;
    case 'found':
    case 'signed':
    case 'founded':
      return `${message.kind} ${describeFounding(message.founding, nameOf)}`;
    case 'group':
      return `${message.kind} ${describeFounding(message.founding, nameOf)}, view ${message.latest.number} of ${message.latest.members.map(nameOf).join(' ')}`;
    case 'unwilling':
      return `${message.kind} to sign ${short(message.refused)}`;
    case 'stuck':
      return `${message.kind} with ${short(message.founding)}`;
    case 'withdrawn':
      return `${message.kind} ${describeWithdrawal(message.withdrawal, nameOf)}`;
    default:
      return unreachable(message);
  }
}

function describeRepairMessage(message: RepairMessage): string {
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
      return unreachable(message);
  }
}

function describeStartMessage(message: StartMessage, nameOf: NameOf): string {
  const known = describePeers(message.peers, nameOf);
  return message.kind === 'start'
    ? `${message.kind} after ${message.former.length} others, knows ${known}`
    : `${message.kind} to ${describeStart(message.to)}, knows ${known}`;
}

function describeStart({ incarnation, nonce }: Start): string {
  return `${incarnation}-${nonce.slice(0, 4)}`;
}

function describePeers(peers: readonly PeerStarts[], nameOf: NameOf): string {
  const rows = peers.map(({ process, starts, isForked }) => {
    return `${nameOf(process)} ${starts.map(describeStart).join('+')}${isForked ? ' (forked)' : ''}`;
  });
  return rows.length === 0 ? 'nobody' : list(rows);
}

function describeCoreMessage(message: CoreMessage, nameOf: NameOf): string {
  const { kind } = message;
  const ballotOf = (ballot: Ballot) => describeBallot(ballot, nameOf);
  const itemsOf = (items: readonly Item[]) => list(items.map(({ instance, id }) => item(instance, id, nameOf)));
  switch (kind) {
    case 'heartbeat':
      return `${kind} ${ballotOf(message.ballot)} at ${watermarks(message)}${message.anyFrom === null ? '' : `, any from ${message.anyFrom}`}`;
    case 'heard':
      return `${kind} ${ballotOf(message.ballot)} at ${watermarks(message)}`;
    case 'canvass':
    case 'concur':
      return `${kind} ${ballotOf(message.ballot)}`;
    case 'prepare':
    case 'any':
      return `${kind} ${ballotOf(message.ballot)} from ${message.from}`;
    case 'promise':
      return `${kind} ${ballotOf(message.ballot)} at ${message.watermark}${message.until === null ? '' : ` below ${message.until}`}, ${votes(message.votes, nameOf)}`;
    case 'refusal':
      return `${kind}, promised ${ballotOf(message.promised)}`;
    case 'inquire':
      return `${kind} ${ballotOf(message.ballot)} about ${message.instance}`;
    case 'report':
      return `${kind} ${ballotOf(message.ballot)} about ${message.instance}, ${votes(message.vote === null ? [] : [message.vote], nameOf)}`;
    case 'batch':
      return `${kind} ${describeBatchId(message.batch.id, nameOf)}`;
    case 'pending':
      return `${kind} ${describeBatchId(message.id, nameOf)}`;
    case 'propose':
      return `${kind} ${ballotOf(message.ballot)}: ${item(message.instance, message.batch.id, nameOf)}`;
    case 'accept':
      return `${kind} ${ballotOf(message.ballot)}: ${itemsOf(message.items)}`;
    case 'accepted':
      return `${kind} ${ballotOf(message.ballot)} at ${message.watermark}: ${itemsOf(message.items)}`;
    case 'fetch':
      return `${kind} ${describeBatchId(message.id, nameOf)} for ${message.instance}`;
    case 'catch-up':
      return `${kind} from ${message.from} to ${message.to}`;
    case 'decided':
      return `${kind} at ${message.watermark}: ${list(message.batches.map((batch, i) => item(message.from + i, batch.id, nameOf)))}`;
    case 'ask':
      return `${kind} ${message.incarnation}/${message.round}`;
    case 'answer':
      return `${kind} ${message.incarnation}/${message.round} until ${message.until}`;
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
    case 'verdict':
      return record.verdict === null
        ? 'no verdict'
        : `verdict: not ${record.verdict.refuted.slice(0, 6)} at ${record.verdict.next}`;
    case 'base':
      return `base from ${record.base.from}, backup ${record.base.digest.slice(0, 6)}`;
    case 'starts': {
      const { own, peers, hasLostVotes } = record.starts;
      return `starts ${own.map(describeStart).join(' ')}, knows ${describePeers(peers, nameOf)}${hasLostVotes ? ', has lost votes' : ''}`;
    }
    case 'keys':
      return `keys ${record.record.number}: sends with ${record.record.sendingId}, removed up to ${record.record.removedUpTo}`;
    case 'dissolution':
      return 'dissolution';
    default:
      return unreachable(record);
  }
}

function describeCheckpoint({ next, position, chunks, digest }: Checkpoint): string {
  return `checkpoint ${digest.slice(0, 6)} at ${next}, position ${position}, ${chunks} chunks`;
}

export function describeEntry({ instance, promised, vote }: LogEntry, nameOf: NameOf): string {
  const alone = sameBallot(promised, NO_BALLOT) ? [] : [`promised ${describeBallot(promised, nameOf)}`];
  // A decision learnt without an own vote is in no ballot.
  const ballot =
    vote === null || sameBallot(vote.ballot, NO_BALLOT) ? '' : ` in ${describeBallot(vote.ballot, nameOf)}`;
  const content = vote === null ? `${instance} without a vote` : `${item(instance, vote.batch.id, nameOf)}${ballot}`;
  return [content, ...alone].join(', ');
}

const INTENTS: Readonly<Record<Intent, string>> = { found: 'willing', wait: 'not willing', join: 'to join' };

function describeFoundingRecord({ signed, joined, refused, withdrawals }: FoundingRecord, nameOf: NameOf): string {
  const signature = signed === null ? 'signature on nothing' : `signature on ${describeFounding(signed, nameOf)}`;
  return [
    signature,
    ...(joined === null ? [] : [`has joined ${describeFounding(joined, nameOf)}`]),
    ...(refused.length === 0 ? [] : [`refused ${list(refused.map(short))}`]),
    ...withdrawals.map((withdrawal) => describeWithdrawal(withdrawal, nameOf)),
  ].join(', ');
}

function describeWithdrawal({ founding, by }: Withdrawal, nameOf: NameOf): string {
  return `${short(founding.group)} given up by ${by.map(nameOf).join(' ')}`;
}

/** Shown if it differs from the value with which this release founds groups. */
function describeBorder({ borderInstances }: { readonly borderInstances: number }): string {
  return borderInstances === constants.borderInstances ? '' : `, border ${borderInstances}`;
}

function describeFounding(founding: Founding, nameOf: NameOf): string {
  const { group, attempt, members } = founding;
  const again = attempt === 0 ? '' : `, attempt ${attempt}`;
  return `${short(group)} of ${members.map(nameOf).join(' ')}${again}${describeBorder(founding)}`;
}

/** The one that is known, and where it differs the one that is durable. */
function watermarks({ watermark, durable }: MessageOf<'heard' | 'heartbeat'>): string {
  return durable === watermark ? String(watermark) : `${watermark}, ${durable} durable`;
}

function votes(reported: readonly ReportedVote[], nameOf: NameOf): string {
  if (reported.length === 0) return 'no votes';
  return `voted ${list(reported.map(({ instance, ballot, id }) => `${item(instance, id, nameOf)} in ${describeBallot(ballot, nameOf)}`))}`;
}

function item(instance: number, id: BatchId, nameOf: NameOf): string {
  return `${instance}=${describeBatchId(id, nameOf)}`;
}

function list(items: readonly string[]): string {
  if (items.length <= SHOWN_MAX) return items.join(', ');
  return `${items.slice(0, SHOWN_MAX).join(', ')} and ${items.length - SHOWN_MAX} more`;
}

function short(group: GroupId): string {
  return group.slice(0, 6);
}
