// `node scripts/run.mjs <program> [arguments]`: prepares the tree, then runs the program in this very process, as if
// Node had been started with it. So its exit code, its signals and its terminal need no passing on; package.json says
// `exec` for the same reason, since a shell in between would keep a signal sent to npm to itself.

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { prepareTree, root } from './prepare-tree.mjs';

const [program, ...args] = process.argv.slice(2);
const path = resolve(root, program);

await prepareTree();
ignoreEchoedInterrupts();
process.argv = [process.argv[0], path, ...args];
await import(pathToFileURL(path).href);

/** The terminal sends Ctrl-C to us and to npm, and npm sends it to us again: two signals that mean one wish. */
function ignoreEchoedInterrupts() {
  const emit = process.emit;
  const echo = () => undefined;
  process.emit = (event, ...rest) => {
    if (event === 'SIGINT') {
      if (process.listeners(event).includes(echo)) return true;
      // It also keeps the echo from killing a program whose only listener was a `once`.
      process.on(event, echo);
      setTimeout(() => process.off(event, echo), 200).unref();
    }
    return emit.call(process, event, ...rest);
  };
}
