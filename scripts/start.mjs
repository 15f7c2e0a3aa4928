// `npm start`: the samples, in this very process, so that signals and the exit code are theirs.
import { runBuilt } from './run-built.mjs';

await runBuilt('dist/samples/start.js');
