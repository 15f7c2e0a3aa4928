// `npm test`: prepares the tree (specs start compiled programs) and runs jest in its ESM mode.
import { prepareTree, run } from './prepare-tree.mjs';

await prepareTree();
run(process.execPath, [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
  ...process.argv.slice(2),
]);
