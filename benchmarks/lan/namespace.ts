import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

/** Says when the namespace is there, and keeps it until the end of its input: so it does not outlive us, either. */
const HOLD = 'ip link set lo up && echo there && exec cat';

/** A network of its own, of which nobody knows but who is run `under` it; gone when the last of these is. */
export class Namespace {
  readonly under: readonly string[];
  readonly #holder: ChildProcess;

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
    this.under = ['nsenter', '--net', '--target', String(holder.pid)];
  }

  /** @throws Error that says why this user may not have one on this machine, or what is missing for it */
  static async create(): Promise<Namespace> {
    const holder = spawn('unshare', ['--net', 'sh', '-c', HOLD], { stdio: ['pipe', 'pipe', 'pipe'] });
    let errors = '';
    holder.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    const there = once(holder.stdout, 'data').then(() => true);
    // An `error` rejects: there is no unshare.
    const isThere = await Promise.race([there, once(holder, 'close').then(() => false)]);
    if (!isThere) throw new Error(errors.trim());
    return new Namespace(holder);
  }

  /**
   * Runs `ip` in it, with these words.
   * @throws Error with what it has to say
   */
  async ip(words: string): Promise<void> {
    const [command = '', ...flags] = this.under;
    await promisify(execFile)(command, [...flags, 'ip', ...words.split(' ')]);
  }

  /** Joins `other` to the bridge of this one by a cable, whose end there is called `cable`. */
  async connect(other: Namespace, bridge: string): Promise<void> {
    const pid = String(other.#holder.pid);
    const port = `port${pid}`;
    await this.ip(`link add ${port} type veth peer name cable netns ${pid}`);
    await this.ip(`link set ${port} master ${bridge} up`);
  }

  async remove(): Promise<void> {
    if (this.#holder.exitCode !== null || this.#holder.signalCode !== null) return;
    const exit = once(this.#holder, 'exit');
    this.#holder.kill('SIGKILL');
    await exit;
  }
}
