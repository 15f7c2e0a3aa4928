import { ballotOf } from '../../lib/model/ballot.js';
import { batchId } from '../../lib/model/batch.js';
import { type Instance, NO_GROUP, type ProcessId } from '../../lib/model/ids.js';
import type { Nonce, Start } from '../../lib/model/start.js';
import type { WireMessage } from '../../lib/paxos/wire/routes.js';
import { decodeMessage, encodeMessage } from '../../lib/paxos/wire/wire.js';
import { MESSAGE_HEAD_BYTES, MessageHead } from '../../lib/queue/message-head.js';
import { decode, encode } from '../../lib/serialization/codec.js';
import { FrameDecoder, messagesOf } from '../../lib/transport/frame/frame-decoder.js';
import { FrameEncoder } from '../../lib/transport/frame/frame-encoder.js';
import { Add } from '../workload.js';
import { type Part, part } from './part.js';

/** Whichever. */
const SOME_START: Start = { incarnation: 1, nonce: 'c'.repeat(32) as Nonce };

const QUEUE = '239.255.0.11:1';
const self = '0000000000000001' as ProcessId;
const other = '0000000000000002' as ProcessId;

/** An operation whose message has just so many bytes, as far as there are so few of the kind. */
export function operationOf(bytes: number): Add {
  const withPadding = (length: number): Add => new Add('counter', 1, 'x'.repeat(length));
  // Longer strings have a longer head.
  let length = Math.max(0, bytes - messageOf(withPadding(0)).length);
  while (length > 0 && messageOf(withPadding(length)).length > bytes) length -= 1;
  return withPadding(length);
}

/** As a state machine makes it. */
export function messageOf(operation: Add): Buffer {
  return encode(operation, MessageHead.operation);
}

/** From objects to bytes and back: operations, what processes tell each other, and the frames around it. */
export function bytesParts(bytes: number): Part[] {
  const operation = operationOf(bytes);
  const encoded = messageOf(operation);
  const ballot = ballotOf(1, self, 'fast');
  const batch = { id: batchId(self, 1, 1), body: encoded };
  const propose: WireMessage = { kind: 'propose', ballot, instance: 1 as Instance, batch };
  const message = encodeMessage(propose);
  const encoder = new FrameEncoder(QUEUE, self, SOME_START);
  encoder.join(NO_GROUP);
  const decoder = new FrameDecoder(QUEUE, other, SOME_START);
  const frame = Buffer.concat(encoder.encode([message]));
  return [
    part('operation encode', encoded.length, () => messageOf(operation)),
    part('operation decode', encoded.length, () => decode(encoded, MESSAGE_HEAD_BYTES)),
    part('message encode', message.length, () => encodeMessage(propose)),
    part('message decode', message.length, () =>
      decodeMessage(Buffer.from(message.buffer, message.byteOffset, message.length)),
    ),
    part('frame encode', frame.length, () => encoder.encode([message])),
    part('frame decode', frame.length, () => {
      const opened = decoder.open(frame);
      if (typeof opened !== 'string') messagesOf(opened);
    }),
  ];
}
