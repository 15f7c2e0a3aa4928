/**
 * `large-state [--bytes 1073741824] [--characters 300000000] [--kind KIND]`: a state with one value that is as large as a
 * process can hold: a buffer, a string, and a string of characters that take two bytes each. One process executes what makes
 * it and saves it, another one is started from what was saved, and a third one without a directory fetches it from there.
 * Prints how long each took and how much memory it used at most; fails where a value is not what was saved, or where a
 * process takes more memory than the value and a bounded part of it again.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { pino } from 'pino';

import {
  AsynchronousPersistentQueue,
  Operation,
  operation,
  type QueueEvent,
  ReplicatedStateMachine,
  StateMachine,
} from '../../lib/index.js';
import { constants } from '../../lib/model/constants.js';
import { newQueueId } from '../support/udp-testbed.js';

const KINDS = ['buffer', 'text', 'wide text'] as const;
type Kind = (typeof KINDS)[number];

/** Of an odd number of units, with a surrogate pair that is cut in two sooner or later. */
const WIDE_PATTERN = 'наблюдатель😀';

const DIGEST_STEP = 2 ** 20;

const PROGRAM = join(process.cwd(), 'dist/spec/programs/large-state.js');

class Shelf extends StateMachine {
  value: Buffer | string = '';
  ticks = 0;
}

@operation('large-state.put')
class Put extends Operation<Shelf> {
  constructor(
    readonly kind: string,
    readonly length: number,
  ) {
    super();
  }

  execute(shelf: Shelf): void {
    shelf.value = valueOf(this.kind as Kind, this.length);
  }
}

@operation('large-state.tick')
class Tick extends Operation<Shelf> {
  execute(shelf: Shelf): void {
    shelf.ticks += 1;
  }
}

function valueOf(kind: Kind, length: number): Buffer | string {
  if (kind === 'wide text') return WIDE_PATTERN.repeat(Math.ceil(length / WIDE_PATTERN.length)).slice(0, length);
  const bytes = Buffer.alloc(length, 'Treplica');
  for (let at = 0; at + 8 <= length; at += DIGEST_STEP / 4)
    bytes.write(String(at).padStart(8, '0').slice(-8), at, 'latin1');
  return kind === 'buffer' ? bytes : bytes.toString('latin1');
}

/** Of this program alone: what `getrusage` tells of a child process includes what its parent held when it began. */
function peakMemoryBytes(): number {
  const [, kilobytes] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  if (kilobytes === undefined)
    throw new Error('/proc/self/status, which this program needs Linux for, does not tell VmHWM');
  return Number(kilobytes) * 1024;
}

function digestOf(value: Buffer | string): string {
  const hash = createHash('sha256');
  for (let at = 0; at < value.length; at += DIGEST_STEP) {
    if (typeof value === 'string') hash.update(value.slice(at, at + DIGEST_STEP), 'utf16le');
    else hash.update(value.subarray(at, at + DIGEST_STEP));
  }
  return hash.digest('hex');
}

const ROLES = ['save', 'restore', 'fetch'] as const;
type Role = (typeof ROLES)[number];

interface Task {
  readonly role: Role;
  readonly directory: string;
  readonly queueId: string;
  readonly kind: Kind;
  readonly length: number;
}

/** What a process tells once it has the value. */
interface Answer {
  readonly digest: string;
  /** Until the value was there or, for `save`, on the disk. */
  readonly seconds: number;
  readonly peakBytes: number;
}

/** What one process does. It stays until its channel is closed. */
async function play({ role, directory, queueId, kind, length }: Task): Promise<void> {
  const startMs = performance.now();
  const told: QueueEvent[] = [];
  const queue = await AsynchronousPersistentQueue.create(queueId, {
    directory,
    replicas: 1,
    recover: role === 'fetch',
    log: pino({ level: 'silent' }),
    listener: (event) => told.push(event),
    checkpoint: { everyPositions: 1e9, everyBytes: 1e12, logMarginBytes: 0 },
  });
  const machine = await ReplicatedStateMachine.create(new Shelf(), queue);
  let seconds: number;
  if (role === 'save') seconds = await save(machine, queue, new Put(kind, length));
  else {
    await machine.read(({ ticks }) => ticks);
    seconds = (performance.now() - startMs) / 1_000;
  }
  if (role === 'fetch' && !told.some(({ kind }) => kind === 'installed')) {
    throw new Error(`the state was not fetched: ${told.map(({ kind }) => kind).join(', ')}`);
  }
  // Before the value is read, which makes a copy of it.
  const peakBytes = peakMemoryBytes();
  const answer: Answer = { digest: digestOf(machine.state.value as Buffer | string), seconds, peakBytes };
  process.send?.(answer);
  await once(process, 'disconnect');
  await machine.close();
}

/** Returns how long the saving took, in seconds. */
async function save(
  machine: ReplicatedStateMachine<Shelf>,
  queue: AsynchronousPersistentQueue,
  put: Put,
): Promise<number> {
  await machine.execute(put);
  // The log is cut by whole segments: if it held the operation still, a process that has nothing would execute it itself.
  const segmentEnd = constants.segmentInstances + 1;
  while (machine.state.ticks < segmentEnd) await machine.execute(new Tick());
  const startMs = performance.now();
  await queue.checkpoint();
  const seconds = (performance.now() - startMs) / 1_000;
  // The log is cut after that, by a commit of its own.
  while (machine.state.ticks < segmentEnd + 10) await machine.execute(new Tick());
  return seconds;
}

/** What was measured of a value. */
export interface LargeStateResult {
  readonly kind: Kind;
  /** In the memory of a process. */
  readonly bytes: number;
  readonly roles: Readonly<Record<Role, Answer>>;
  /** In sentences. */
  readonly violations: readonly string[];
}

/**
 * So many times a value a process may take: a string is put together of parts that are as long together, and a buffer grows
 * by doubling.
 */
const MEMORY_FACTOR: Readonly<Record<Kind, number>> = { buffer: 1.5, text: 2, 'wide text': 2 };

/** What a process takes beside it: its code, and what the garbage collector has yet to find of pieces and chunks. */
const MEMORY_BYTES_BESIDE = 256 * 2 ** 20;

function violationsOf(kind: Kind, bytes: number, roles: LargeStateResult['roles']): string[] {
  const bytesMax = MEMORY_FACTOR[kind] * bytes + MEMORY_BYTES_BESIDE;
  return ROLES.flatMap((role) => {
    const { digest, peakBytes } = roles[role];
    const violations: string[] = [];
    if (digest !== roles.save.digest) violations.push(`${kind}, ${role}: the value is another one`);
    if (peakBytes > bytesMax)
      violations.push(`${kind}, ${role}: ${peakBytes} bytes of memory, and ${bytesMax} are allowed`);
    return violations;
  });
}

/** Has three processes, one after the other, save, restore and fetch a state with one value. */
export async function tryLargeState(kind: Kind, length: number): Promise<LargeStateResult> {
  const directory = await mkdtemp(join(tmpdir(), 'treplica-large-'));
  const queueId = await newQueueId();
  const task = { directory: join(directory, 'first'), queueId, kind, length };
  try {
    const save = await inProcess({ ...task, role: 'save' }, (answer) => Promise.resolve(answer));
    return await inProcess({ ...task, role: 'restore' }, async (restore) => {
      const second = join(directory, 'second');
      // One whose ledger has been set aside joins the group of the others: without that, it would found one of its own.
      await mkdir(join(second, 'damaged-before'), { recursive: true });
      const fetch = await inProcess({ ...task, role: 'fetch', directory: second }, (answer) => Promise.resolve(answer));
      const bytes = kind === 'wide text' ? 2 * length : length;
      const roles = { save, restore, fetch };
      return { kind, bytes, roles, violations: violationsOf(kind, bytes, roles) };
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Runs a process, and ends it once `then` has been done with what it tells. */
async function inProcess<T>(task: Task, then: (answer: Answer) => Promise<T>): Promise<T> {
  const child = fork(PROGRAM, ['--task', JSON.stringify(task)]);
  const ended = once(child, 'exit');
  try {
    return await then(await answerOf(child, task.role));
  } finally {
    if (child.connected) child.disconnect();
    await ended;
  }
}

function answerOf(child: ChildProcess, role: Role): Promise<Answer> {
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code, signal) => {
      reject(new Error(`the process that was to ${role} the state has ended: ${signal ?? `exit code ${code}`}`));
    });
  });
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      bytes: { type: 'string', default: String(2 ** 30) },
      characters: { type: 'string', default: '300000000' },
      kind: { type: 'string' },
      task: { type: 'string' },
    },
  });
  if (values.task !== undefined) {
    await play(JSON.parse(values.task) as Task);
    return;
  }
  for (const kind of KINDS.filter((one) => values.kind === undefined || values.kind === one)) {
    const result = await tryLargeState(kind, Number(kind === 'buffer' ? values.bytes : values.characters));
    for (const role of ROLES) {
      const { seconds, peakBytes } = result.roles[role];
      console.log(
        `${kind} of ${mib(result.bytes)}, ${role}: ${seconds.toFixed(1)} s, ${mib(peakBytes)} of memory at most`,
      );
    }
    for (const violation of result.violations) console.error(violation);
    if (result.violations.length > 0) process.exitCode = 1;
  }
}

function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}

if (pathToFileURL(process.argv[1] ?? '').href === import.meta.url) await main();
