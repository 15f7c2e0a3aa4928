import type { FieldReader } from '../../bytes/field-reader.js';
import type { FieldWriter } from '../../bytes/field-writer.js';
import type { CoreMessage, Item, ReportedVote } from '../../consensus/messages.js';
import type { Batch } from '../../model/batch.js';
import type { Instance } from '../../model/ids.js';
import type { CodecsOf } from './codec.js';

export const coreCodecs: CodecsOf<CoreMessage> = {
  // Election.
  heartbeat: {
    code: 6,
    write: (out, { ballot, watermark, durable, anyFrom, complete, timeMs }) => {
      out.ballot(ballot).natural(watermark).natural(durable);
      out.optional(anyFrom, writeInstance).natural(complete).optional(timeMs, writeNatural);
    },
    read: (input) => ({
      kind: 'heartbeat',
      ballot: input.ballot(),
      watermark: input.instance(),
      durable: input.instance(),
      anyFrom: input.optional(readInstance),
      complete: input.natural(),
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
};

function writeInstance(out: FieldWriter, instance: Instance): void {
  out.natural(instance);
}

function readInstance(input: FieldReader): Instance {
  return input.instance();
}

function writeNatural(out: FieldWriter, value: number): void {
  out.natural(value);
}

function readNatural(input: FieldReader): number {
  return input.natural();
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
