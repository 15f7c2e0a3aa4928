/**
 * Messages that no process of the group has said, each made of one that some process has: the same kind, with other numbers,
 * names or bodies. Well-formed, so that nothing but the rules of what is heard keeps them out.
 */
import type { CoreMessage, Item, MessageOf } from '../consensus/messages.js';
import { unreachable } from '../model/assert.js';
import type { Ballot } from '../model/ballot.js';
import { type Batch, type BatchId, boundTo, NO_OP_ID, placeOf } from '../model/batch.js';
import type { Checkpoint } from '../model/checkpoint.js';
import { constants } from '../model/constants.js';
import { after, COUNTER_MAX, type Instance, type ProcessId } from '../model/ids.js';
import type { RepairMessage } from '../paxos/wire/repair-messages.js';
import { isOf, type WireMessage } from '../paxos/wire/routes.js';
import { packBody } from '../sequence/batch-body.js';
import { idOfBody } from '../sequence/sound-batch.js';
import type { Random } from './random.js';

/** Numbers that are compared with those of messages. */
const FAR = [2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 48, 2 ** 48 + 1, COUNTER_MAX - 1, COUNTER_MAX];

/** Above every reign that anybody can have been led to by then. */
const BEYOND_REASON = [2 ** 50, COUNTER_MAX - 1, COUNTER_MAX, Number.MAX_SAFE_INTEGER];

/** Says another number than the one that was said: near it, at the end of the window, or far away. */
function other(random: Random, number: number): number {
  const chance = random.next();
  if (chance < 0.3) return number + random.below(4);
  if (chance < 0.4) return Math.max(0, number - random.below(4));
  if (chance < 0.6) return number + constants.borderInstances - 2 + random.below(4);
  return random.pick(FAR);
}

function otherInstance(random: Random, instance: Instance): Instance {
  return other(random, instance) as Instance;
}

/** Another watermark, all of it durable. */
function otherWatermarks(random: Random, said: Instance): { readonly watermark: Instance; readonly durable: Instance } {
  const watermark = otherInstance(random, said);
  return { watermark, durable: watermark };
}

/** A ballot that is for `process` to say, mostly. */
function otherBallot(random: Random, { reign, coordinator, step }: Ballot, process: ProcessId): Ballot {
  return {
    reign: other(random, reign),
    coordinator: random.chance(0.9) ? process : coordinator,
    step: random.chance(0.2) ? 0 : step,
  };
}

/** Of nobody, and such as a proposer makes. */
export function madeUpBatch(random: Random): Batch {
  const process = random.bytes(8).toString('hex') as ProcessId;
  const body = packBody([Buffer.from('forged')], 6, 0);
  return { id: idOfBody({ process, incarnation: 2 ** 32, since: 0 as Instance }, random.below(9), body), body };
}

/** Under the id that it has, or one that is bound to this body, with a body that no proposer makes. */
function unsound(random: Random, { id, body }: Batch): Batch {
  const other = random.pick([Buffer.alloc(0), Buffer.from('x'), Buffer.from(body.subarray(1))]);
  return { id: random.chance(0.5) && id !== NO_OP_ID ? boundTo(placeOf(id), random.below(2 ** 32)) : id, body: other };
}

/** The place of a batch that there is, bound to a body that there is not. */
function otherId(random: Random, id: BatchId): BatchId {
  return id === NO_OP_ID ? madeUpBatch(random).id : boundTo(placeOf(id), random.below(2 ** 32));
}

/** Each under another id, or of the instance that follows. */
function otherItems(random: Random, items: readonly Item[]): Item[] {
  return items.map((item) =>
    random.chance(0.5) ? { ...item, id: otherId(random, item.id) } : { ...item, instance: after(item.instance, 1) },
  );
}

function otherCheckpoint(random: Random, checkpoint: Checkpoint): Checkpoint {
  return {
    ...checkpoint,
    next: (checkpoint.next + random.below(1_000)) as Instance,
    digest: random.bytes(16).toString('hex'),
  };
}

/**
 * The message that `process`, which is no member, makes of a message. Null where it leaves that as it is: a message of
 * founders is true of the processes that it names, whichever process sends it.
 */
export function forged(message: WireMessage, random: Random, process: ProcessId): WireMessage | null {
  if (isOf('founding', message)) return null;
  if (isOf('starts', message)) return message;
  if (isOf('keys', message)) return { ...message, edition: other(random, message.edition), ids: [] };
  if (isOf('facts', message))
    return { ...message, edition: other(random, message.edition), facts: { forged: random.next() } };
  if (isOf('observers', message)) return { ...message, durable: otherInstance(random, message.durable) };
  return isOf('repair', message) ? forgedRepair(message, random) : forgedCore(message, random, process);
}

function forgedPromise(message: MessageOf<'promise'>, random: Random, process: ProcessId): MessageOf<'promise'> {
  const ballot = random.chance(0.5) ? message.ballot : otherBallot(random, message.ballot, process);
  return { ...message, ballot, until: null, votes: [] };
}

function forgedCore(message: CoreMessage, random: Random, process: ProcessId): CoreMessage {
  const ballot = (said: Ballot): Ballot => otherBallot(random, said, process);
  const instance = (said: Instance): Instance => otherInstance(random, said);
  const id = (said: BatchId): BatchId => otherId(random, said);
  switch (message.kind) {
    case 'heartbeat':
      // A time is believed of a coordinator.
      return {
        ...message,
        ...otherWatermarks(random, message.watermark),
        ballot: ballot(message.ballot),
        timeMs: null,
      };
    case 'heard':
      return { ...message, ...otherWatermarks(random, message.watermark), ballot: ballot(message.ballot) };
    case 'canvass':
    case 'concur':
      return { ...message, ballot: ballot(message.ballot) };
    case 'prepare':
    case 'any':
      return { ...message, ballot: ballot(message.ballot), from: instance(message.from) };
    case 'promise':
      return forgedPromise(message, random, process);
    case 'refusal':
      return { ...message, promised: ballot(message.promised) };
    case 'inquire':
      return { ...message, ballot: ballot(message.ballot), instance: instance(message.instance) };
    case 'report':
      return { ...message, vote: null };
    case 'batch':
      return { ...message, batch: random.chance(0.3) ? madeUpBatch(random) : unsound(random, message.batch) };
    case 'propose':
      return { ...message, batch: unsound(random, message.batch) };
    case 'decided':
      return { ...message, from: instance(message.from), batches: [madeUpBatch(random)] };
    case 'accept':
      return { ...message, ballot: ballot(message.ballot), items: otherItems(random, message.items) };
    case 'accepted':
      return {
        ...message,
        watermark: instance(message.watermark),
        items: message.items.map((item) => ({ ...item, id: id(item.id) })),
      };
    case 'pending':
      return { ...message, id: id(message.id) };
    case 'fetch':
      return { ...message, id: id(message.id), instance: instance(message.instance) };
    case 'catch-up':
      return { ...message, from: instance(message.from), to: instance(message.to) };
    case 'answer':
      return { ...message, until: 0 as Instance };
    case 'fill':
      return { ...message, until: instance(message.until) };
    case 'ask':
      return message;
    default:
      return unreachable(message);
  }
}

function forgedRepair(message: RepairMessage, random: Random): RepairMessage {
  switch (message.kind) {
    case 'want-checkpoint':
      return { ...message, beyond: otherInstance(random, message.beyond) };
    case 'offer':
      return { ...message, checkpoint: otherCheckpoint(random, message.checkpoint) };
    case 'chunk':
      return { ...message, bytes: random.bytes(message.bytes.length) };
    case 'checkpointed':
      return { ...message, digest: random.bytes(16).toString('hex') };
    case 'want-chunk':
    case 'no-chunk':
      return message;
    default:
      return unreachable(message);
  }
}

/**
 * The same under the id of a member, as far as it can be told from that member's word: what a member says of its own votes,
 * promises, proposals, states and starts is believed, unless its numbers are beyond reason or its bodies are not those
 * that it names.
 */
export function forgedAsMember(message: WireMessage, random: Random, member: ProcessId): WireMessage | null {
  const farBallot = ({ step }: Ballot): Ballot => ({ reign: random.pick(BEYOND_REASON), coordinator: member, step });
  switch (message.kind) {
    case 'promise':
    case 'any':
    case 'report':
    case 'accept':
    case 'accepted':
      return { ...message, ballot: farBallot(message.ballot) };
    case 'decided':
      return { ...message, batches: [unsound(random, madeUpBatch(random))] };
    case 'batch':
    case 'propose':
      return { ...message, batch: unsound(random, message.batch) };
    case 'heartbeat': {
      // Of a reign to come, where nothing is decided yet.
      const ballot: Ballot = { reign: message.ballot.reign + 1 + random.below(3), coordinator: member, step: 1 };
      const instance = after(message.watermark, random.below(20));
      if (random.chance(0.3)) return { kind: 'inquire', ballot, instance };
      const made = forged(message, random, member);
      return made?.kind === 'heartbeat' ? { ...made, anyFrom: null } : made;
    }
    case 'answer':
    case 'checkpointed':
    case 'chunk':
    case 'start':
    case 'welcome':
      return null;
    default:
      return forged(message, random, member);
  }
}
