import type { MessageKind } from '../../lib/consensus/messages.js';
import type { Loss } from './core-network.js';

/** Losses as sentences: `both(from(1), of('heartbeat'))`. */

export const none: Loss = () => false;

export function from(...processes: readonly number[]): Loss {
  return (m) => processes.includes(m.from);
}

export function to(...processes: readonly number[]): Loss {
  return (m) => processes.includes(m.to);
}

export function of(...kinds: readonly MessageKind[]): Loss {
  return (m) => kinds.includes(m.message.kind);
}

/** Everything between the processes named and the others; among themselves they hear each other. */
export function isolating(...processes: readonly number[]): Loss {
  return (m) => processes.includes(m.from) !== processes.includes(m.to);
}

export function both(...losses: readonly Loss[]): Loss {
  return (m) => losses.every((loss) => loss(m));
}

export function either(...losses: readonly Loss[]): Loss {
  return (m) => losses.some((loss) => loss(m));
}
