import type { FoundingMessage, Message, MessageKind } from './messages.js';

/** The properties of a message that its kind determines. */
export interface Route<Family extends string> {
  /** The union that the kind belongs to, and with it the part of a process that the message is for. */
  readonly family: Family;
  /** `members` if only a member sends it: it is a vote or a signature, or leads to one. */
  readonly saidBy: 'members' | 'anyone';
}

type Routes = {
  readonly [K in MessageKind]: Route<K extends FoundingMessage['kind'] ? 'founding' : 'core'>;
};

/** Each kind of message between cores; `paxos/wire/routes.ts` adds the kinds below them. */
export const consensusRoutes = {
  // Founding: the first view.
  hello: { family: 'founding', saidBy: 'anyone' },
  found: { family: 'founding', saidBy: 'members' },
  signed: { family: 'founding', saidBy: 'members' },
  unwilling: { family: 'founding', saidBy: 'anyone' },
  founded: { family: 'founding', saidBy: 'members' },
  group: { family: 'founding', saidBy: 'anyone' },
  stuck: { family: 'founding', saidBy: 'anyone' },
  withdrawn: { family: 'founding', saidBy: 'anyone' },
  // Election.
  heartbeat: { family: 'core', saidBy: 'members' },
  heard: { family: 'core', saidBy: 'anyone' },
  canvass: { family: 'core', saidBy: 'members' },
  concur: { family: 'core', saidBy: 'members' },
  // Phase 1.
  prepare: { family: 'core', saidBy: 'members' },
  promise: { family: 'core', saidBy: 'members' },
  refusal: { family: 'core', saidBy: 'anyone' },
  inquire: { family: 'core', saidBy: 'members' },
  report: { family: 'core', saidBy: 'members' },
  // Phase 2.
  batch: { family: 'core', saidBy: 'anyone' },
  pending: { family: 'core', saidBy: 'anyone' },
  any: { family: 'core', saidBy: 'members' },
  propose: { family: 'core', saidBy: 'anyone' },
  accept: { family: 'core', saidBy: 'members' },
  accepted: { family: 'core', saidBy: 'members' },
  // Repair of the log.
  fetch: { family: 'core', saidBy: 'anyone' },
  'catch-up': { family: 'core', saidBy: 'anyone' },
  decided: { family: 'core', saidBy: 'anyone' },
  // Linearizable reads.
  ask: { family: 'core', saidBy: 'anyone' },
  answer: { family: 'core', saidBy: 'members' },
  fill: { family: 'core', saidBy: 'anyone' },
} as const satisfies Routes;

export function isFounding(message: Message): message is FoundingMessage {
  return consensusRoutes[message.kind].family === 'founding';
}
