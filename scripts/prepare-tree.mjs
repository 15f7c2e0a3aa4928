// Brings the tree into the state its sources describe: the packages of package-lock.json installed, dist/ built.
// A fresh clone with nothing but Node and npm becomes runnable by it; where nothing has changed it does nothing and
// says nothing. Several may run at once: they take turns, and whoever comes second finds the work done.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const root = join(import.meta.dirname, '..');

const lockFile = join(root, '.prepare-tree.lock');
const dist = join(root, 'dist');
const stampFile = join(dist, '.sources');
const mutants = join(dist, 'mutants', sep);
const builtFolders = ['lib', 'samples', 'benchmarks', 'simulator', 'spec/programs'];
const buildConfiguration = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];

/** Installs, and unless `build` is false also builds, where needed. Ends the process with the tool's exit code if that fails. */
export async function prepareTree({ build = true } = {}) {
  if (isInstalled() && (!build || isBuilt())) return;
  await withLock(() => {
    if (!isInstalled()) {
      say('installing packages');
      run(...npm('ci', '--include=dev', '--no-audit', '--no-fund'));
    }
    if (build && !isBuilt()) {
      say('building');
      const digest = sourcesDigest();
      rmSync(stampFile, { force: true });
      run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json']);
      removeOrphans();
      writeFileSync(stampFile, digest);
    }
  });
}

/** Runs a command in the tree with our input and output, and ends this process as it ended if it fails. */
function run(command, args) {
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (error) throw error;
  if (signal) process.kill(process.pid, signal);
  if (status !== 0) process.exit(status ?? 1);
}

/** npm writes node_modules/.package-lock.json when an installation is complete; it lists what is really there. */
function isInstalled() {
  const wanted = readPackages('package-lock.json');
  const present = readPackages('node_modules/.package-lock.json');
  if (!wanted || !present) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true;
    const found = present[path];
    // An optional package for another platform is listed but never installed.
    return found ? found.version === entry.version && found.integrity === entry.integrity : entry.optional === true;
  });
}

function readPackages(file) {
  const path = join(root, file);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : undefined;
}

function isBuilt() {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === sourcesDigest();
}

/** Contents, not times: a checkout changes the times of files that it does not change. */
function sourcesDigest() {
  const hash = createHash('sha256');
  const sources = builtFolders.flatMap((folder) => filesBelow(join(root, folder)));
  for (const file of [...buildConfiguration.map((name) => join(root, name)), ...sources.sort()]) {
    const content = readFileSync(file);
    hash.update(`${file.slice(root.length)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** The compiler leaves the output of a source that has been removed or renamed. Mutants have no sources of their own. */
function removeOrphans() {
  for (const file of filesBelow(dist).filter((path) => !path.startsWith(mutants))) {
    const source = join(root, file.slice(dist.length)).replace(/(\.d\.ts|\.js|\.js\.map)$/, '.ts');
    if (source.endsWith('.ts') && !existsSync(source)) rmSync(file);
  }
}

function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** npm, run by the Node that runs us, when npm started us; otherwise the npm on the path. */
function npm(...args) {
  const cli = process.env.npm_execpath;
  if (cli?.endsWith('npm-cli.js')) return [process.execPath, [cli, ...args]];
  return process.platform === 'win32' ? ['cmd', ['/c', 'npm', ...args]] : ['npm', args];
}

function say(what) {
  process.stderr.write(`treplica: ${what}\n`);
}

/**
 * Runs `work` while no other process runs its own. The lock is a file that appears with its owner's process id in it
 * (hence the link), and a lock whose owner is gone is taken away.
 */
async function withLock(work) {
  const mine = `${lockFile}.${process.pid}`;
  writeFileSync(mine, String(process.pid));
  let waiting = false;
  while (!tryLink(mine)) {
    const owner = readOwner();
    if (owner === undefined) continue;
    if (!isAlive(owner)) takeAway(owner);
    else {
      if (!waiting) say(`waiting for process ${owner}, which prepares this tree (if it does not: rm ${lockFile})`);
      waiting = true;
      await sleep(100);
    }
  }
  rmSync(mine);
  // On exit, since a tool that fails ends the process there and then.
  const release = () => rmSync(lockFile, { force: true });
  process.once('exit', release);
  work();
  process.off('exit', release);
  release();
}

function tryLink(mine) {
  try {
    linkSync(mine, lockFile);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function readOwner() {
  try {
    return Number(readFileSync(lockFile, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Two may find the same dead owner: the slower of them could take away the lock of the quicker, and then gives it back. */
function takeAway(owner) {
  const taken = `${lockFile}.from-${owner}.by-${process.pid}`;
  try {
    renameSync(lockFile, taken);
    if (Number(readFileSync(taken, 'utf8')) !== owner) linkSync(taken, lockFile);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  }
  rmSync(taken, { force: true });
  rmSync(`${lockFile}.${owner}`, { force: true });
}

if (process.argv[1] === import.meta.filename) await prepareTree({ build: !process.argv.includes('--install-only') });
