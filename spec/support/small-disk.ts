import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** Mounts it over the directory that it is given, says so, and keeps the mount alive. */
const MOUNT = 'mount -t tmpfs -o "size=$1" none "$2" && echo mounted && exec sleep infinity';

/** A file system of a few megabytes in memory, seen only by processes that are run `under` it. */
export class SmallDisk {
  readonly under: readonly string[];
  readonly #directory: string;
  readonly #holder: ChildProcess;

  private constructor(directory: string, holder: ChildProcess) {
    this.#directory = directory;
    this.#holder = holder;
    this.under = ['nsenter', '--target', String(holder.pid), '--user', '--mount', '--preserve-credentials'];
  }

  /** Null where this machine does not let a user have a mount of their own. */
  static async at(directory: string, bytes: number): Promise<SmallDisk | null> {
    mkdirSync(directory, { recursive: true });
    const holder = spawn('unshare', ['-rm', 'sh', '-c', MOUNT, 'sh', String(bytes), directory], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const mounted = once(holder.stdout, 'data').then(() => true);
    const ended = Promise.race([once(holder, 'exit'), once(holder, 'error')]).then(() => false);
    return (await Promise.race([mounted, ended])) ? new SmallDisk(directory, holder) : null;
  }

  /** Leaves no room for anything. */
  fill(): void {
    this.#run('cat /dev/zero > "$1" 2>/dev/null || true');
  }

  empty(): void {
    this.#run('rm "$1"');
  }

  async remove(): Promise<void> {
    const exit = once(this.#holder, 'exit');
    this.#holder.kill('SIGKILL');
    await exit;
  }

  #run(script: string): void {
    const [command = '', ...flags] = this.under;
    execFileSync(command, [...flags, 'sh', '-c', script, 'sh', join(this.#directory, 'ballast')]);
  }
}
