// `npm run bench`: the benchmarks, in this very process, so that signals and the exit code are theirs.
import { runBuilt } from './run-built.mjs';

await runBuilt('dist/benchmarks/index.js');
