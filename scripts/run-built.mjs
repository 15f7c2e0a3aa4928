import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { prepareTree, root } from './prepare-tree.mjs';

/** Prepares the tree and then runs a compiled program in this process, as if Node had been started with it. */
export async function runBuilt(program) {
  await prepareTree();
  process.argv[1] = join(root, program);
  await import(pathToFileURL(process.argv[1]).href);
}
