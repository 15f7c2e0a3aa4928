import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** In which whatever is waited for has to come, on a busy machine too. */
const LIMIT_MS = 30_000;
/** Of what a process has said before it ended. */
const LAST_CHARACTERS = 500;

/** The thing that was awaited has not come in time. */
export class TooLate extends Error {}

/** The servers and clients of one system, with a temporary directory for all. */
export class Processes {
  readonly #children: ChildProcess[] = [];
  readonly #abort = new AbortController();

  constructor(readonly directory: string) {}

  /** Aborts, with the reason, as soon as one of them has ended. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /**
   * Starts one that is to live as long as the others. It ends with us, however we do. Its standard error, and its
   * standard output unless that is a pipe, go to a file.
   */
  start(name: string, command: string, args: readonly string[], output: 'file' | 'pipe'): ChildProcess {
    const file = join(this.directory, `${name}.log`);
    const log = openSync(file, 'a');
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', command, ...args], {
      cwd: this.directory,
      stdio: [output === 'pipe' ? 'pipe' : 'ignore', output === 'pipe' ? 'pipe' : log, log],
    });
    closeSync(log);
    this.#children.push(child);
    child.once('error', (error) => this.stop(error));
    child.once('exit', (code, signal) => {
      if (this.signal.aborted) return;
      const said = readFileSync(file, 'utf8').slice(-LAST_CHARACTERS).trim();
      this.stop(new Error(`${name} has ended (${String(code ?? signal)}). The last it said: ${said || 'nothing'}`));
    });
    return child;
  }

  /** A caller that waits for one of them learns why nothing will come. */
  stop(reason: Error): void {
    this.#abort.abort(reason);
  }

  /**
   * Resolves with what `attempt` comes to, once it comes to something.
   * @throws TooLate, or Error when a process has ended
   */
  async until<T>(what: string, attempt: () => Promise<T | null>): Promise<T> {
    let last: unknown = 'nothing';
    for (const begin = performance.now(); performance.now() - begin < LIMIT_MS;) {
      this.signal.throwIfAborted();
      try {
        const result = await attempt();
        if (result !== null) return result;
      } catch (error) {
        last = error; // A server that does not listen yet.
      }
      await sleep(50, undefined, { signal: this.signal });
    }
    throw new TooLate(`${what}: not within ${LIMIT_MS / 1000} s. The last error was: ${String(last)}`);
  }

  /** `kill -9`, and waits until all have ended. */
  async kill(): Promise<void> {
    this.stop(new Error('All are ended.'));
    const alive = this.#children.filter((child) => child.pid !== undefined && child.exitCode === null);
    const ends = alive.filter((child) => child.signalCode === null).map((child) => once(child, 'exit'));
    for (const child of alive) child.kill('SIGKILL');
    await Promise.all(ends);
  }
}

/**
 * Runs `work` with processes that are gone afterwards, with their directory, however it ends.
 * @throws Error with the reason as soon as one of them ends before, or on SIGINT
 */
export async function withProcesses<T>(work: (processes: Processes) => Promise<T>): Promise<T> {
  const processes = new Processes(await mkdtemp(join(tmpdir(), 'treplica-peers-')));
  const interrupt = (): void => processes.stop(new Error('Interrupted.'));
  const stopped = new Promise<never>((_, reject) => {
    processes.signal.addEventListener('abort', () => reject(processes.signal.reason as Error));
  });
  process.once('SIGINT', interrupt);
  try {
    return await Promise.race([work(processes), stopped]);
  } finally {
    process.off('SIGINT', interrupt);
    await processes.kill();
    await rm(processes.directory, { recursive: true });
  }
}

/** Different TCP ports of 127.0.0.1 that nobody listens on. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
