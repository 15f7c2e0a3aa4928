import type { CoreMessage, FoundingMessage } from '../../consensus/messages.js';
import { consensusRoutes, type Route } from '../../consensus/routes.js';
import type { FactsMessage } from './facts-messages.js';
import type { KeysMessage } from './key-messages.js';
import type { ObserverMessage } from './observer-messages.js';
import type { RepairMessage } from './repair-messages.js';
import type { StartMessage } from './start-messages.js';

/** All that travels, by the part of a process that it is for. */
export interface Families {
  readonly founding: FoundingMessage;
  readonly core: CoreMessage;
  readonly repair: RepairMessage;
  readonly starts: StartMessage;
  readonly facts: FactsMessage;
  readonly observers: ObserverMessage;
  readonly keys: KeysMessage;
}

type Family = keyof Families;

export type WireMessage = Families[Family];

type Routes = {
  readonly [K in WireMessage['kind']]: Route<{ [F in Family]: K extends Families[F]['kind'] ? F : never }[Family]>;
};

/** Each kind of message once: a kind that is in no row, or in one of another family, does not compile. */
export const routes = {
  ...consensusRoutes,
  // Checkpoints.
  'want-checkpoint': { family: 'repair', saidBy: 'anyone' },
  offer: { family: 'repair', saidBy: 'anyone' },
  'want-chunk': { family: 'repair', saidBy: 'anyone' },
  chunk: { family: 'repair', saidBy: 'anyone' },
  'no-chunk': { family: 'repair', saidBy: 'anyone' },
  checkpointed: { family: 'repair', saidBy: 'anyone' },
  // Starts of processes.
  start: { family: 'starts', saidBy: 'anyone' },
  welcome: { family: 'starts', saidBy: 'anyone' },
  // The facts that processes publish of themselves.
  facts: { family: 'facts', saidBy: 'anyone' },
  // Processes without a vote.
  observing: { family: 'observers', saidBy: 'anyone' },
  // The keys that they hold.
  keys: { family: 'keys', saidBy: 'anyone' },
} as const satisfies Routes;

export function isOf<F extends Family>(family: F, message: WireMessage): message is Families[F] {
  return routes[message.kind].family === family;
}
