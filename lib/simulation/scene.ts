import type { Mode } from '../consensus/mode.js';
import type { StateMachine } from '../machine/state-machine.js';
import type { QueueLimits } from '../paxos/queue-limits.js';
import type { CheckpointOptions } from '../queue/checkpoint-options.js';
import type { Invariants } from './checkers/invariants.js';
import type { Ways } from './geography.js';

/** How checkpoints are made. */
export interface Checkpointing extends Required<CheckpointOptions> {
  /** Chunks of checkpoints, and the pieces that states are saved in, are cut so small. */
  readonly chunkBytes: number;
  readonly pieceBytes: number;
  /** Of the log: as much of it is cut at a time. */
  readonly segmentInstances: number;
}

/** The parts of a world. */
export interface Scene<S extends StateMachine> {
  readonly seed: number;
  readonly queueId: string;
  /** The founders. */
  readonly replicas: number;
  /**
   * Processes besides the founders, which come to the group without a vote, as those do then that have lost their disks. Default: there
   * are none, and a process that has lost its disk founds a group with others if it finds none.
   */
  readonly spares?: number | undefined;
  /** After how many milliseconds a silent member is replaced. Default: never. */
  readonly autoReplaceMs?: number | undefined;
  readonly mode: Mode;
  readonly initialState: () => S;
  readonly invariants: Invariants<S>;
  /** Whether processes come back when their votes are lost, without a vote. Default: they do not. */
  readonly recover?: boolean | undefined;
  /** When states are saved and logs are cut. Default: never. */
  readonly checkpoint?: Checkpointing | undefined;
  /** Processes that tables of delivered batches know. Default: as many as in the product. */
  readonly deliveryRowsMax?: number | undefined;
  /** A larger message takes the bulk lane. Default: as on loopback. */
  readonly maxDatagramBytes?: number | undefined;
  /** The limits that the queues of the processes take in turn. Default: all have the defaults of the product. */
  readonly limits?: readonly QueueLimits[] | undefined;
  /**
   * Whether the processes have keys: one that never changes, or files of them, which the operators of the machines write. Default: they
   * have none.
   */
  readonly keys?: 'one' | 'files' | undefined;
  /** The places at which the processes live. Default: all live at one. */
  readonly ways?: Ways | undefined;
  /** Keeps what happens in words. */
  readonly isTraced: boolean;
}
