import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** This machine does not have a system, or not in the version that is needed. */
export class NotInstalled extends Error {}

/** A program that calls a node's operations: see `Driver`. */
export interface DriverProgram {
  /** The language in which it is written. */
  readonly client: string;
  readonly command: string;
  readonly args: readonly string[];
}

/** Where Debian puts servers, which is not in everybody's path, and where it puts Go's libraries. */
const SERVERS = ['/usr/local/sbin', '/usr/sbin'];
const GO_PATH = '/usr/share/gocode';

/** The packages of Debian for drivers in Go, which are better than those in Node. */
export const GO_PACKAGES = 'golang-go golang-google-grpc-dev golang-github-nats-io-go-nats-dev';

/** @throws NotInstalled that names the package of Debian */
export async function findProgram(name: string, debianPackage: string): Promise<string> {
  const program = await find(name);
  if (program !== null) return program;
  throw new NotInstalled(`there is no ${name} on this machine: apt-get install ${debianPackage}`);
}

/** A file in a folder beside this one, of the sources: those in other languages are not part of the build. */
export function sourceFile(path: string): string {
  return fileURLToPath(new URL(`../../../benchmarks/peers/${path}`, import.meta.url));
}

/**
 * The driver `name` in Go, compiled into `directory`; in Node where Go, or `library`, is not there.
 * @throws Error with what the compiler says
 */
export async function goOrNodeDriver(directory: string, name: string, library: string): Promise<DriverProgram> {
  const go = await find('go');
  if (go === null || !(await isThere(join(GO_PATH, 'src', library), constants.R_OK))) {
    const program = fileURLToPath(new URL(`${name}-driver.js`, import.meta.url));
    return { client: 'Node', command: process.execPath, args: [program] };
  }
  const command = join(directory, `${name}-driver`);
  const sources = ['driver.go', `${name}.go`].map((file) => sourceFile(`go/${file}`));
  await promisify(execFile)(go, ['build', '-o', command, ...sources], {
    env: { ...process.env, GO111MODULE: 'off', GOPATH: GO_PATH, GOFLAGS: '' },
  });
  return { client: 'Go', command, args: [] };
}

async function find(name: string): Promise<string | null> {
  for (const folder of [...(process.env['PATH'] ?? '').split(delimiter), ...SERVERS]) {
    const program = join(folder, name);
    if (await isThere(program, constants.X_OK)) return program;
  }
  return null;
}

/** Whether it may be used so. */
export async function isThere(path: string, use: number): Promise<boolean> {
  return access(path, use).then(
    () => true,
    () => false,
  );
}
