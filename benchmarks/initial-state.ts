/** The module of the benchmarks' state, for the process that makes checkpoints beside a replica. */
import { Counters } from './workload.js';

export default (): Counters => new Counters();
