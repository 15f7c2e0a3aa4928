import { decodeFacts, encodeFacts } from '../../bytes/facts-codec.js';
import type { CodecsOf } from './codec.js';
import type { FactsMessage } from './facts-messages.js';

export const factsCodecs: CodecsOf<FactsMessage> = {
  facts: {
    code: 45,
    write: (out, { edition, facts }) => out.natural(edition).bytes(encodeFacts(facts)),
    read: (input) => ({ kind: 'facts', edition: input.natural(), facts: decodeFacts(input.bytes()) }),
  },
};
