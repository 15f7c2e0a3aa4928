// `npm run check`: whether the tree is in order. Runs every check, so that one failure does not hide the next.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { prepareTree, root } from './prepare-tree.mjs';

const checks = [
  ['typescript/bin/tsc', '--noEmit'],
  ['eslint/bin/eslint.js', '.'],
  ['prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'],
  ['knip/bin/knip.js'],
];

await prepareTree({ build: false });
for (const [tool, ...args] of checks) {
  const { status } = spawnSync(process.execPath, [join(root, 'node_modules', tool), ...args], { cwd: root, stdio: 'inherit' });
  if (status === 0) continue;
  process.stderr.write(`treplica: ${tool.split('/')[0]} is not content\n`);
  process.exitCode = 1;
}
