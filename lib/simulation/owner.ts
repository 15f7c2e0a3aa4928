import type { StateMachine } from '../machine/state-machine.js';
import type { LatestMessages } from './latest-messages.js';
import type { ActingLife, ActingProcess, Stage } from './stage.js';
import type { Watch } from './watch.js';

/**
 * The objects that a port of a process is handed: the process and the life that it serves, and those that are told what
 * passes.
 */
export interface Owner<S extends StateMachine> {
  readonly stage: Stage<S>;
  readonly watch: Watch<S>;
  readonly latestMessages: LatestMessages;
  readonly process: ActingProcess<S>;
  readonly life: ActingLife<S>;
}
