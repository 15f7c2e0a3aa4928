/**
 * Messages as bytes: one byte for the kind, then the fields in the order of the table below. A number once given to a
 * kind is never given to another, and none is above the transport's `TOP_BYTE_MAX`.
 */
import { decodeFacts, encodeFacts } from '../../bytes/facts-codec.js';
import { FieldReader } from '../../bytes/field-reader.js';
import { FieldWriter } from '../../bytes/field-writer.js';
import type { Intent, Item, ReportedVote } from '../../consensus/messages.js';
import type { Batch } from '../../model/batch.js';
import type { Checkpoint } from '../../model/checkpoint.js';
import type { Instance, Position, ProcessId } from '../../model/ids.js';
import { OWN_STARTS_MAX, PEER_STARTS_MAX, type PeerStarts, type Start } from '../../model/start.js';
import { MAX_MEMBERS } from '../../model/view.js';
import type { WireMessage } from './routes.js';

interface Codec<M extends WireMessage> {
  readonly code: number;
  readonly write: (out: FieldWriter, message: M) => void;
  readonly read: (input: FieldReader) => M;
}

type WireMessageOf<K extends WireMessage['kind']> = Extract<WireMessage, { readonly kind: K }>;

type Codecs = { readonly [K in WireMessage['kind']]: Codec<WireMessageOf<K>> };

/** By their numbers on the wire. */
const INTENTS: readonly Intent[] = ['found', 'wait', 'join'];

const codecs: Codecs = {
  // Founding.
  hello: {
    code: 1,
    write: (out, { replicas, intent, base, borderInstances }) =>
      out.byte(replicas).byte(INTENTS.indexOf(intent)).id(base).natural(borderInstances),
    read: (input) => ({
      kind: 'hello',
      replicas: input.byte(MAX_MEMBERS),
      intent: INTENTS[input.byte(INTENTS.length - 1)] ?? 'wait',
      base: input.baseDigest(),
      borderInstances: input.borderInstances(),
    }),
  },
  found: {
    code: 2,
    write: (out, message) => out.founding(message.founding),
    read: (input) => ({ kind: 'found', founding: input.founding() }),
  },
  signed: {
    code: 3,
    write: (out, message) => out.founding(message.founding),
    read: (input) => ({ kind: 'signed', founding: input.founding() }),
  },
  unwilling: {
    code: 4,
    write: (out, message) => out.id(message.refused),
    read: (input) => ({ kind: 'unwilling', refused: input.groupId() }),
  },
  founded: {
    code: 5,
    write: (out, message) => out.founding(message.founding),
    read: (input) => ({ kind: 'founded', founding: input.founding() }),
  },
  stuck: {
    code: 42,
    write: (out, message) => out.id(message.founding),
    read: (input) => ({ kind: 'stuck', founding: input.groupId() }),
  },
  withdrawn: {
    code: 43,
    write: (out, { withdrawal }) => out.founding(withdrawal.founding).list(withdrawal.by, writeId),
    read: (input) => ({ kind: 'withdrawn', withdrawal: { founding: input.founding(), by: input.members() } }),
  },
  // Election.
  heartbeat: {
    code: 6,
    write: (out, { ballot, watermark, durable, anyFrom, timeMs }) => {
      out.ballot(ballot).natural(watermark).natural(durable);
      out.optional(anyFrom, writeInstance).optional(timeMs, writeNatural);
    },
    read: (input) => ({
      kind: 'heartbeat',
      ballot: input.ballot(),
      watermark: input.instance(),
      durable: input.instance(),
      anyFrom: input.optional(readInstance),
      timeMs: input.optional(readNatural),
    }),
  },
  heard: {
    code: 7,
    write: (out, { ballot, watermark, durable, clockMs }) =>
      out.ballot(ballot).natural(watermark).natural(durable).optional(clockMs, writeNatural),
    read: (input) => ({
      kind: 'heard',
      ballot: input.ballot(),
      watermark: input.instance(),
      durable: input.instance(),
      clockMs: input.optional(readNatural),
    }),
  },
  canvass: {
    code: 8,
    write: (out, message) => out.ballot(message.ballot),
    read: (input) => ({ kind: 'canvass', ballot: input.ballot() }),
  },
  concur: {
    code: 9,
    write: (out, message) => out.ballot(message.ballot),
    read: (input) => ({ kind: 'concur', ballot: input.ballot() }),
  },
  // Phase 1.
  prepare: {
    code: 10,
    write: (out, message) => out.ballot(message.ballot).natural(message.from),
    read: (input) => ({ kind: 'prepare', ballot: input.ballot(), from: input.instance() }),
  },
  promise: {
    code: 11,
    write: (out, { ballot, watermark, from, until, votes }) =>
      out.ballot(ballot).natural(watermark).natural(from).optional(until, writeInstance).list(votes, writeVote),
    read: (input) => ({
      kind: 'promise',
      ballot: input.ballot(),
      watermark: input.instance(),
      from: input.instance(),
      until: input.optional(readInstance),
      votes: input.list(readVote),
    }),
  },
  refusal: {
    code: 12,
    write: (out, message) => out.ballot(message.promised),
    read: (input) => ({ kind: 'refusal', promised: input.ballot() }),
  },
  inquire: {
    code: 13,
    write: (out, message) => out.ballot(message.ballot).natural(message.instance),
    read: (input) => ({ kind: 'inquire', ballot: input.ballot(), instance: input.instance() }),
  },
  report: {
    code: 14,
    write: (out, { ballot, instance, vote }) => out.ballot(ballot).natural(instance).optional(vote, writeVote),
    read: (input) => ({
      kind: 'report',
      ballot: input.ballot(),
      instance: input.instance(),
      vote: input.optional(readVote),
    }),
  },
  // Phase 2.
  batch: {
    code: 15,
    write: (out, message) => out.batch(message.batch),
    read: (input) => ({ kind: 'batch', batch: input.batch() }),
  },
  pending: {
    code: 44,
    write: (out, message) => out.id(message.id),
    read: (input) => ({ kind: 'pending', id: input.batchId() }),
  },
  any: {
    code: 16,
    write: (out, message) => out.ballot(message.ballot).natural(message.from),
    read: (input) => ({ kind: 'any', ballot: input.ballot(), from: input.instance() }),
  },
  propose: {
    code: 17,
    write: (out, { ballot, instance, batch }) => out.ballot(ballot).natural(instance).batch(batch),
    read: (input) => ({ kind: 'propose', ballot: input.ballot(), instance: input.instance(), batch: input.batch() }),
  },
  accept: {
    code: 18,
    write: (out, message) => out.ballot(message.ballot).list(message.items, writeItem),
    read: (input) => ({ kind: 'accept', ballot: input.ballot(), items: input.list(readItem) }),
  },
  accepted: {
    code: 19,
    write: (out, { ballot, watermark, items }) => out.ballot(ballot).natural(watermark).list(items, writeItem),
    read: (input) => ({
      kind: 'accepted',
      ballot: input.ballot(),
      watermark: input.instance(),
      items: input.list(readItem),
    }),
  },
  // Repair.
  fetch: {
    code: 20,
    write: (out, message) => out.id(message.id).natural(message.instance),
    read: (input) => ({ kind: 'fetch', id: input.batchId(), instance: input.instance() }),
  },
  'catch-up': {
    code: 21,
    write: (out, message) => out.natural(message.from).natural(message.to),
    read: (input) => ({ kind: 'catch-up', from: input.instance(), to: input.instance() }),
  },
  decided: {
    code: 22,
    write: (out, { from, batches, watermark }) => out.natural(from).list(batches, writeBatch).natural(watermark),
    read: (input) => ({
      kind: 'decided',
      from: input.instance(),
      batches: input.list(readBatch),
      watermark: input.instance(),
    }),
  },
  // Linearizable reads.
  ask: {
    code: 23,
    write: (out, message) => out.natural(message.incarnation).natural(message.round),
    read: (input) => ({ kind: 'ask', incarnation: input.natural(), round: input.natural() }),
  },
  answer: {
    code: 24,
    write: (out, message) => out.natural(message.incarnation).natural(message.round).natural(message.until),
    read: (input) => ({
      kind: 'answer',
      incarnation: input.natural(),
      round: input.natural(),
      until: input.instance(),
    }),
  },
  fill: {
    code: 25,
    write: (out, message) => out.natural(message.until),
    read: (input) => ({ kind: 'fill', until: input.instance() }),
  },
  // Checkpoints.
  'want-checkpoint': {
    code: 27,
    write: (out, message) => out.natural(message.beyond),
    read: (input) => ({ kind: 'want-checkpoint', beyond: input.instance() }),
  },
  offer: {
    code: 32,
    write: (out, { beyond, checkpoint }) => {
      writeCheckpoint(out.natural(beyond), checkpoint);
    },
    read: (input) => ({ kind: 'offer', beyond: input.instance(), checkpoint: readCheckpoint(input) }),
  },
  'want-chunk': {
    code: 28,
    write: (out, { digest, index }) => out.id(digest).natural(index),
    read: (input) => ({ kind: 'want-chunk', digest: input.digest(), index: input.natural() }),
  },
  chunk: {
    code: 29,
    write: (out, { digest, index, bytes }) => out.id(digest).natural(index).bytes(bytes),
    read: (input) => ({ kind: 'chunk', digest: input.digest(), index: input.natural(), bytes: input.bytes() }),
  },
  'no-chunk': {
    code: 30,
    write: (out, { digest }) => out.id(digest),
    read: (input) => ({ kind: 'no-chunk', digest: input.digest() }),
  },
  checkpointed: {
    code: 31,
    write: (out, { next, digest }) => out.natural(next).id(digest),
    read: (input) => ({ kind: 'checkpointed', next: input.instance(), digest: input.digest() }),
  },
  // Starts.
  start: {
    code: 40,
    write: (out, { former, peers }) => out.list(former, writeStart).list(peers, writePeerStarts),
    read: (input) => ({ kind: 'start', former: readFormer(input), peers: readPeers(input) }),
  },
  welcome: {
    code: 41,
    write: (out, { to, former, peers }) => {
      writeStart(out, to);
      out.list(former, writeStart).list(peers, writePeerStarts);
    },
    read: (input) => ({ kind: 'welcome', to: input.start(), former: readFormer(input), peers: readPeers(input) }),
  },
  // What processes say of themselves.
  facts: {
    code: 45,
    write: (out, { edition, facts }) => out.natural(edition).bytes(encodeFacts(facts)),
    read: (input) => ({ kind: 'facts', edition: input.natural(), facts: decodeFacts(input.bytes()) }),
  },
};

/** All kinds of messages that travel. */
export const MESSAGE_KINDS = Object.keys(codecs) as readonly WireMessage['kind'][];

const readers = new Map<number, (input: FieldReader) => WireMessage>(
  Object.values(codecs).map(({ code, read }) => [code, read]),
);

const writer = new FieldWriter();

/** The message as bytes. Bodies of batches are copied once. */
export function encodeMessage(message: WireMessage): Uint8Array {
  writer.reset();
  write(message.kind, message);
  return writer.finish();
}

/**
 * The message that `bytes` are exactly, or null. Never throws, whatever the bytes, and never gives a value that the
 * types or the model do not allow. Bodies of batches are parts of `bytes`, not copies.
 */
export function decodeMessage(bytes: Buffer): WireMessage | null {
  try {
    const input = new FieldReader(bytes);
    const message = readers.get(input.byte(255))?.(input) ?? null;
    input.end();
    return message;
  } catch {
    return null;
  }
}

function write<K extends WireMessage['kind']>(kind: K, message: WireMessageOf<K>): void {
  const codec: Codec<WireMessageOf<K>> = codecs[kind];
  writer.byte(codec.code);
  codec.write(writer, message);
}

function writeId(out: FieldWriter, id: ProcessId): void {
  out.id(id);
}

function writeInstance(out: FieldWriter, instance: Instance): void {
  out.natural(instance);
}

function writeNatural(out: FieldWriter, value: number): void {
  out.natural(value);
}

function readNatural(input: FieldReader): number {
  return input.natural();
}

function readInstance(input: FieldReader): Instance {
  return input.instance();
}

function writeCheckpoint(out: FieldWriter, { next, position, chunks, bytes, digest }: Checkpoint): void {
  out.natural(next).natural(position).natural(chunks).natural(bytes).id(digest);
}

function readCheckpoint(input: FieldReader): Checkpoint {
  return {
    next: input.instance(),
    position: input.natural() as Position,
    chunks: input.natural(),
    bytes: input.natural(),
    digest: input.digest(),
  };
}

function writeStart(out: FieldWriter, { incarnation, nonce }: Start): void {
  out.natural(incarnation).id(nonce);
}

function readStart(input: FieldReader): Start {
  return input.start();
}

function writePeerStarts(out: FieldWriter, { process, starts, isForked }: PeerStarts): void {
  out.id(process).flag(isForked).list(starts, writeStart);
}

function readPeerStarts(input: FieldReader): PeerStarts {
  const process = input.processId();
  const isForked = input.flag();
  return { process, isForked, starts: input.shortList(readStart, PEER_STARTS_MAX) };
}

function readFormer(input: FieldReader): readonly Start[] {
  return input.shortList(readStart, OWN_STARTS_MAX);
}

function readPeers(input: FieldReader): readonly PeerStarts[] {
  return input.shortList(readPeerStarts, MAX_MEMBERS);
}

function writeItem(out: FieldWriter, { instance, id }: Item): void {
  out.natural(instance).id(id);
}

function readItem(input: FieldReader): Item {
  return { instance: input.instance(), id: input.batchId() };
}

function writeVote(out: FieldWriter, { instance, ballot, id }: ReportedVote): void {
  out.natural(instance).ballot(ballot).id(id);
}

function readVote(input: FieldReader): ReportedVote {
  return { instance: input.instance(), ballot: input.ballot(), id: input.batchId() };
}

function writeBatch(out: FieldWriter, batch: Batch): void {
  out.batch(batch);
}

function readBatch(input: FieldReader): Batch {
  return input.batch();
}
