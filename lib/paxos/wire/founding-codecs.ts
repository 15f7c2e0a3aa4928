import type { FieldWriter } from '../../bytes/field-writer.js';
import type { FoundingMessage, Intent } from '../../consensus/messages.js';
import type { ProcessId } from '../../model/ids.js';
import { MAX_MEMBERS, View } from '../../model/view.js';
import type { CodecsOf } from './codec.js';

/** By their numbers on the wire. */
const INTENTS: readonly Intent[] = ['found', 'wait', 'join'];

export const foundingCodecs: CodecsOf<FoundingMessage> = {
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
  group: {
    code: 47,
    write: (out, { founding, latest }) => out.founding(founding).natural(latest.number).members(latest.members),
    read: (input) => ({
      kind: 'group',
      founding: input.founding(),
      latest: new View(input.natural(), input.members()),
    }),
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
};

function writeId(out: FieldWriter, id: ProcessId): void {
  out.id(id);
}
