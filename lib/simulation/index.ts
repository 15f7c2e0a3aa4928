/** The public interface of the simulator: `import { simulate } from 'treplica/simulation'`. */
export { simulate, type Failure, type SimulationOptions, type SimulationReport } from './simulate.js';
export type { Client, Workload } from './callers.js';
export type { Invariants } from './checkers/invariants.js';
export type { RecordedCall } from './history.js';
export type { ProfileName } from './profiles.js';
export type { Application, RunOptions, RunResult } from './run.js';
export type { Violation } from './event-log.js';
