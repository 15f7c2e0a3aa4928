import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import type { ReplicaReport } from './replica.js';

/** How to run one replica. */
export interface ReplicaCommand {
  /** Arguments of replica.js. */
  readonly args: readonly string[];
  /** Everything that the replica prints is appended to it. */
  readonly logFile: string;
  /** Tells people what happens to the replica. */
  readonly say: (line: string) => void;
}

/** How one process of a replica came to its end. */
interface Life {
  readonly wasReady: boolean;
  readonly hasLeft: boolean;
  readonly lastedMs: number;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly failure: Failure | undefined;
}

type Failure = Extract<ReplicaReport, { kind: 'failed' }>;

const program = new URL('replica.js', import.meta.url);
const firstDelayMs = 200;
const delayMsMax = 10_000;
/** With these the library says that the disk is full or has failed. */
const ofTheDisk: readonly unknown[] = ['DISK_FULL', 'LEDGER_FAILED'];
/** A replica that lives this long is not in a loop of deaths. */
const longLifeMs = 10_000;
/** A replica that is not ready by then is worth a word. */
const patienceMs = 10_000;

/** Why a replica cannot start; `code` is that of the library's error. */
export class CannotStart extends Error {
  constructor(
    message: string,
    readonly code: string | undefined,
  ) {
    super(message);
  }
}

/** Keeps a replica running: a process that dies is followed by another one, until the replica is stopped. */
export class ReplicaProcess {
  private readonly stopping = new AbortController();
  private child: ChildProcess | undefined;
  private votes = true;

  constructor(private readonly command: ReplicaCommand) {}

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Whether it counts in a majority, as it said last; where it runs or will come back, it does. */
  get hasVote(): boolean {
    return this.votes;
  }

  /**
   * Runs the replica until it is stopped or has left its group. Whether its last process closed as it should is the result. `onReady` is called
   * whenever it serves, and told whether that is for the first time. A process that has closed because of its disk is
   * followed by others until there is space.
   *
   * @throws CannotStart if it cannot start, and would not if it were tried again
   */
  async run(onReady: (isFirst: boolean) => void): Promise<boolean> {
    const { say, logFile } = this.command;
    let delayMs = firstDelayMs;
    let hasServed = false;
    while (true) {
      const life = await this.live(() => {
        onReady(!hasServed);
        hasServed = true;
      });
      if (life.hasLeft) {
        say('has left the group');
        return true;
      }
      // A process that was only about to start ends by the signal; it has nothing to close.
      if (this.isStopping()) return life.code === 0 || (life.signal === 'SIGTERM' && !life.wasReady);
      if (!life.wasReady && life.code !== null && !mayPass(life, hasServed)) {
        throw new CannotStart(life.failure?.message ?? `exit code ${life.code}, see ${logFile}`, life.failure?.code);
      }
      if (life.lastedMs >= longLifeMs) delayMs = firstDelayMs;
      say(`${howItEnded(life)}; starting it again in ${delayMs / 1000} s`);
      await sleep(delayMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      if (this.isStopping()) return true;
      delayMs = Math.min(2 * delayMs, delayMsMax);
    }
  }

  /** Asks the replica to close; `run` returns when it has. */
  stop(): void {
    this.stopping.abort();
    this.child?.kill('SIGTERM');
  }

  /** Ends the replica at once. */
  kill(): void {
    this.stopping.abort();
    this.child?.kill('SIGKILL');
  }

  private isStopping(): boolean {
    return this.stopping.signal.aborted;
  }

  /** One process, from its start to its end. */
  private async live(onReady: () => void): Promise<Life> {
    const { args, logFile } = this.command;
    const startedAt = performance.now();
    let wasReady = false;
    let hasLeft = false;
    let failure: Failure | undefined;

    const output = openSync(logFile, 'a');
    // In a process group of its own, so that Ctrl-C reaches it only through us.
    this.child = fork(program, args, { stdio: ['ignore', output, output, 'ipc'], detached: true });
    closeSync(output);
    this.child.on('message', (report: ReplicaReport) => {
      if (report.kind === 'failed') failure = report;
      else if (report.kind === 'left') hasLeft = true;
      else {
        wasReady = true;
        this.votes = report.hasVote;
        clearTimeout(impatience);
        onReady();
      }
    });
    const impatience = setTimeout(() => this.command.say(`is not ready yet; ${logFile} may say why`), patienceMs);
    // The channel is read to its end only then: the exit may be known before the last report.
    const [[code, signal]] = (await Promise.all([once(this.child, 'exit'), once(this.child, 'disconnect')])) as [
      [number | null, NodeJS.Signals | null],
      unknown,
    ];
    clearTimeout(impatience);
    return { wasReady, hasLeft, lastedMs: performance.now() - startedAt, code, signal, failure };
  }
}

/** Whether a start that has failed may succeed later: once there is space on the disk, or where it has served before and just ends. */
function mayPass({ failure }: Life, hasServed: boolean): boolean {
  if (failure === undefined) return hasServed;
  return failure.code === 'DISK_FULL' || (hasServed && ofTheDisk.includes(failure.code));
}

function howItEnded({ code, signal, failure }: Life): string {
  if (failure) return `stopped: ${failure.message}`;
  return signal ? `was ended by ${signal}` : `ended with exit code ${code}`;
}
