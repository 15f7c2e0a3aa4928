/**
 * `npm run bench -- lan`: three nodes and a driver on one machine, as if each were one of its own: in network namespaces,
 * or, where these are not allowed, on loopback. Its flags are those of `drive`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

import type { Benchmark } from '../benchmark.js';
import { drive } from './drive.js';
import { loopback, type Machine, type Machines, namespaces } from './machines.js';

const NODES = 3;

export const lan: Benchmark = async (args) => {
  const ours = { port: { type: 'string' }, help: { type: 'boolean' } } as const;
  const { port, help } = parseArgs({ args: [...args], options: ours, strict: false }).values;
  if (help === true) return drive(args);
  const machines = await machinesOrLoopback();
  const children: ChildProcess[] = [];
  const interrupt = (): void => {
    for (const child of children) child.kill('SIGINT');
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    const atPort = typeof port === 'string' ? ['--port', port] : [];
    for (const node of machines.nodes) {
      const child = run(node, ['node', '--interface', node.address, ...atPort], true);
      children.push(child);
      await firstLine(child, node.address);
    }
    const addresses = machines.nodes.map(({ address }) => address).join(',');
    const driver = run(machines.driver, ['drive', '--nodes', addresses, ...args], false);
    children.push(driver);
    const [code, signal] = (await once(driver, 'exit')) as [number | null, string | null];
    if (code !== 0) throw new Error(`The driver has ended with ${String(code ?? signal)}.`);
  } finally {
    await Promise.all(children.map(ended));
    await machines.remove();
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
};

async function machinesOrLoopback(): Promise<Machines> {
  try {
    const machines = await namespaces(NODES);
    console.log(`${NODES} nodes in network namespaces, joined by a bridge`);
    return machines;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    console.log(`${NODES} nodes on loopback: network namespaces are not allowed here (${why})`);
    return loopback(NODES);
  }
}

/** Runs a benchmark on a machine; a node knows by its channel to us when we are gone. */
function run({ under }: Machine, args: readonly string[], isNode: boolean): ChildProcess {
  const program = new URL('../index.js', import.meta.url).pathname;
  const [command = process.execPath, ...rest] = [...under, process.execPath, ...process.execArgv, program, ...args];
  return spawn(command, rest, { stdio: isNode ? ['ignore', 'pipe', 'inherit', 'ipc'] : 'inherit' });
}

/** The first line of a node says that it is there. */
async function firstLine(child: ChildProcess, address: string): Promise<void> {
  if (child.stdout === null) throw new Error('What the node says is not listened to.');
  const said = once(createInterface(child.stdout), 'line').then(() => true);
  const isThere = await Promise.race([said, once(child, 'exit').then(() => false)]);
  if (!isThere) throw new Error(`The node at ${address} has ended before it was there.`);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}
