import type { GroupSetup } from '../group.js';
import type { Window } from '../window.js';

/** Of every system. */
export const NODES = 3;

/** One point of a measurement: a closed loop of `callers` at each of the first `proposers` nodes. */
export interface Point {
  readonly callers: number;
  readonly proposers: number;
}

/** How long. */
export interface Duration {
  /** Before what is measured. */
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

/** The measurements of the callers of one node. */
export interface Measured extends Pick<Window, 'latencies' | 'elapsedMs'> {
  /** Operations without an answer, or with one that was no success. They are in no other figure. */
  readonly failed: number;
  /** Why the last of them did; empty where there are none. */
  readonly failure: string;
}

/** A system while it runs. */
export interface Running {
  /** Its name and version. */
  readonly system: string;
  /** The language of its clients. */
  readonly client: string;
  readonly mode: string | null;
  /** @throws Error when one of its processes ends */
  measure(point: Point, duration: Duration): Promise<readonly Measured[]>;
}

/** A system that can be measured. */
export interface Contender {
  readonly name: string;
  /** Whether a quorum has an operation on disk before it is answered. */
  readonly durable: boolean;
  /** The meaning of an answer, as a sentence. */
  readonly guarantee: string;
  /**
   * Does `work` while it runs on `NODES` nodes with empty ledgers; its processes and files are gone afterwards.
   * @throws NotInstalled where this machine does not have it
   */
  with<T>(setup: Omit<GroupSetup, 'replicas'> & Duration, work: (running: Running) => Promise<T>): Promise<T>;
}
