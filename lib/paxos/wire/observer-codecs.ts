import type { CodecsOf } from './codec.js';
import type { ObserverMessage } from './observer-messages.js';

export const observerCodecs: CodecsOf<ObserverMessage> = {
  observing: {
    code: 46,
    write: (out, { durable }) => out.natural(durable),
    read: (input) => ({ kind: 'observing', durable: input.instance() }),
  },
};
