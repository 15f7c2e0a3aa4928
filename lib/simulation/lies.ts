import type { Ballot } from '../model/ballot.js';
import type { Batch } from '../model/batch.js';
import type { Checkpoint } from '../model/checkpoint.js';
import { after, type Instance, type Position } from '../model/ids.js';
import type { Founding } from '../model/records.js';
import type { Start } from '../model/start.js';
import type { WireMessage } from '../paxos/wire/routes.js';
import { madeUpBatch } from './forgery.js';
import type { Random } from './random.js';

/**
 * The answer of a process that is no member to a message of a process in this start: the one that would harm the group
 * most if it counted. Null where no answer would. `proposed` is the latest founding that it has heard of.
 */
export function lieTo(
  message: WireMessage,
  start: Start,
  proposed: Founding | null,
  random: Random,
): WireMessage | null {
  switch (message.kind) {
    case 'hello':
      // A founder that has not signed yet would count the proposer as a signer.
      return proposed === null ? null : { kind: 'found', founding: proposed };
    case 'found':
    case 'signed': {
      const { founding } = message;
      return random.pick<WireMessage>([
        { kind: 'found', founding },
        { kind: 'signed', founding },
        { kind: 'founded', founding },
        { kind: 'unwilling', refused: founding.group },
        { kind: 'stuck', founding: founding.group },
      ]);
    }
    case 'start':
      return { kind: 'welcome', isMet: true, to: start, former: [], peers: [] };
    case 'heartbeat': {
      const watermark = ahead(random, message.watermark);
      return { kind: 'heard', ballot: message.ballot, watermark, durable: watermark, clockMs: 0 };
    }
    case 'canvass':
      return { kind: 'concur', ballot: message.ballot };
    case 'prepare': {
      const { ballot, from } = message;
      return { kind: 'promise', ballot, watermark: from, from, until: null, votes: [] };
    }
    case 'inquire': {
      const { ballot, instance } = message;
      return random.chance(0.5) ? { kind: 'report', ballot, instance, vote: null } : decisions(random, instance);
    }
    case 'accept':
    case 'accepted':
      return voteFor(message.ballot, message.items);
    case 'propose':
      return voteFor(message.ballot, [{ instance: message.instance, id: message.batch.id }]);
    case 'fetch':
      return decisions(random, message.instance);
    case 'catch-up':
      return random.chance(0.7) ? decisions(random, message.from) : offer(random, message.from);
    case 'want-checkpoint':
      return offer(random, message.beyond);
    case 'want-chunk':
      return { kind: 'chunk', digest: message.digest, index: message.index, bytes: random.bytes(20) };
    case 'checkpointed':
      return { kind: 'checkpointed', next: message.next, digest: '0'.repeat(32) };
    case 'ask':
      return { kind: 'answer', incarnation: message.incarnation, round: message.round, until: 0 as Instance };
    default:
      return null;
  }
}

function ahead(random: Random, instance: Instance): Instance {
  return after(instance, 1 + random.below(1_000));
}

function decisions(random: Random, from: Instance): WireMessage {
  const batches: Batch[] = Array.from({ length: 1 + random.below(3) }, () => madeUpBatch(random));
  return { kind: 'decided', from, batches, watermark: ahead(random, from) };
}

function voteFor(ballot: Ballot, items: Extract<WireMessage, { kind: 'accepted' }>['items']): WireMessage {
  return { kind: 'accepted', ballot, watermark: 0 as Instance, items };
}

function offer(random: Random, beyond: Instance): WireMessage {
  const next = ahead(random, beyond);
  const checkpoint: Checkpoint = {
    next,
    position: next as number as Position,
    chunks: 2,
    bytes: 40,
    digest: digest(random),
  };
  return { kind: 'offer', beyond, checkpoint };
}

function digest(random: Random): string {
  return random.bytes(16).toString('hex');
}
