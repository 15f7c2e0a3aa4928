import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';

const program = join(import.meta.dirname, '../../dist/samples/start.js');

/** `npm start` as a real process, of which the specs read the console. */
export class SampleGroup {
  /** Everything it has printed. */
  output = '';
  private readonly process: ChildProcess;
  private readonly ended: Promise<number | null>;
  private readonly listeners = new Set<() => void>();

  /** `under` is a command that runs the program. */
  constructor(args: readonly string[], under: readonly string[] = []) {
    const [command = '', ...rest] = [...under, process.execPath, program, ...args];
    this.process = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        for (const listener of this.listeners) listener();
      });
    }
    this.ended = once(this.process, 'close').then(([code]) => {
      for (const listener of this.listeners) listener();
      return code as number | null;
    });
  }

  /** Resolves with the first match in what is printed from `from` on. */
  async prints(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(this.output.slice(from));
        if (match) resolve(match);
        else if (this.process.exitCode !== null || this.process.signalCode !== null) {
          reject(new Error(`ended without printing ${String(pattern)}: ${this.output}`));
        } else return;
        this.listeners.delete(look);
      };
      this.listeners.add(look);
      look();
    });
  }

  /** Resolves when all replicas serve, which is when the addresses are printed. */
  async isReady(): Promise<void> {
    await this.prints(/Ctrl-C ends all/);
  }

  /** The process of a replica, as it was printed last. */
  pidOf(replica: number): number {
    const pids = [...this.output.matchAll(new RegExp(`replica ${replica} .*process (\\d+)`, 'g'))];
    return Number(pids.at(-1)?.[1]);
  }

  signal(name: NodeJS.Signals): void {
    this.process.kill(name);
  }

  /** The exit code, once the process has ended. */
  async exitCode(): Promise<number | null> {
    return this.ended;
  }

  /** Presses Ctrl-C, and resolves with the exit code. */
  async interrupt(): Promise<number | null> {
    this.signal('SIGINT');
    return this.ended;
  }
}

/** The first of `count` TCP ports in a row that are free now. */
export async function freePorts(count: number): Promise<number> {
  while (true) {
    const servers: Server[] = [];
    try {
      servers.push(await listen(0));
      const { port } = servers[0]?.address() as AddressInfo;
      for (let next = 1; next < count; next++) servers.push(await listen(port + next));
      return port;
    } catch {
      // One of them is taken: look elsewhere.
    } finally {
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    }
  }
}

async function listen(port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
