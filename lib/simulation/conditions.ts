import type { Mode } from '../consensus/mode.js';
import type { StateMachine } from '../machine/state-machine.js';
import type { QueueLimits } from '../paxos/queue-limits.js';
import type { Ways } from './geography.js';
import type { Adversity } from './nemesis.js';
import type { Checkpointing, Scene } from './scene.js';

/** The group, the load and the faults of a run. */
export interface Conditions extends Adversity {
  readonly replicas: number;
  /** As in the scene. */
  readonly spares: number | undefined;
  readonly autoReplaceMs: number | undefined;
  readonly mode: Mode;
  /** Of each process. */
  readonly callers: number;
  /** How long a caller waits between two calls of its workload, on average. */
  readonly pauseMs: number;
  /** How checkpoints are made; undefined where none are. */
  readonly checkpoint: Checkpointing | undefined;
  /** Whether a process that has lost its votes comes back without one. */
  readonly recover: boolean;
  /** Processes that tables of delivered batches know: mostly all, and sometimes so few that some are forgotten again and again. */
  readonly deliveryRowsMax: number | undefined;
  /** So little fits a datagram, now and then, that much of what is said is large. */
  readonly maxDatagramBytes: number;
  readonly keys: Scene<StateMachine>['keys'];
  /** What the processes take in turn as the limits of their queues; undefined where all have the defaults. */
  readonly limits: readonly QueueLimits[] | undefined;
  /** The places at which the processes live; undefined where all live at one. */
  readonly ways: Ways | undefined;
}
