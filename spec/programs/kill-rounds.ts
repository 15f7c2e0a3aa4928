/**
 * `kill-rounds [--rounds 200] [--seed 1] [--module]`: three replicas under load, which save their state and cut their logs
 * often. In each round some are killed with -9 at a random moment and started again, or stay away until the others' logs
 * do not reach back to where they were. Prints what has happened; fails where something acknowledged is lost or executed
 * twice, states differ, a replica ends by itself, or a directory grows beyond its bound. With `--module` checkpoints are
 * made by processes of their own.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

import { constants } from '../../lib/model/constants.js';
import { diskBytes } from '../support/disk-bytes.js';
import { ProcessGroup } from '../support/process-group.js';
import type { ReplicaProcess } from '../support/replica-process.js';
import { seededRandom } from '../support/seeded-random.js';
import { until } from '../support/udp-testbed.js';
import { NOTES_KEPT } from './journal.js';

export interface RoundsOptions {
  readonly rounds: number;
  readonly seed: number;
  readonly module: boolean;
}

export interface RoundsSummary {
  kills: number;
  /** Of these, of processes that were not ready yet. */
  killsWhileStarting: number;
  starts: number;
  /** Checkpoints of others: begun to be fetched, and gone on from. */
  checkpointsBegun: number;
  checkpointsInstalled: number;
  checkpointsMade: number;
  /** Of each quarter of the rounds. */
  readonly largestDirectoryBytes: [number, number, number, number];
  acknowledged: number;
  readonly violations: string[];
}

const CALLERS = 4;
const NOTE_BYTES = 1_000;
/** What an operation takes in the log, with all that belongs to it. */
const OPERATION_BYTES = NOTE_BYTES + 100;
const CHECKPOINT = { everyPositions: 2_000, logMarginBytes: 256 * 1024 };
const NOTES_A_ROUND = 2_000;
const CHECK_EVERY_ROUNDS = 10;
/** As many times the rounds asked for are enough for a checkpoint, however busy the machine is. */
const MORE_ROUNDS = 8;
/** A process that is killed soon after its start lives for so long at most. */
const SOON_MS = 700;
const AWAY_ROUNDS = { least: 3, most: 8 };
/** Of the order of what it takes to fetch one. */
const FETCH_MS = 50;

/**
 * The log holds a stretch, what is delivered while the next checkpoint is made and what is kept below it, five times over
 * where it is kept for somebody who is being served; it is cut by whole segments, whose batches hold a note of each caller.
 */
const LOG_BYTES_MAX =
  5 * (2 * CHECKPOINT.everyPositions * OPERATION_BYTES + CHECKPOINT.logMarginBytes) +
  constants.segmentInstances * CALLERS * OPERATION_BYTES;

/**
 * LMDB's file keeps the pages of what was cut until they are used again. Of checkpoints there are four at most: the last
 * one, one being made, one received, and one about to be removed.
 */
export const DIRECTORY_BYTES_MAX = 2 * LOG_BYTES_MAX + 4 * NOTES_KEPT * OPERATION_BYTES;

class KillRounds {
  readonly #group: ProcessGroup;
  readonly #random: () => number;
  readonly #killed = new Set<ReplicaProcess>();
  /** Who stays away, and for how many rounds more. */
  readonly #away = new Map<ReplicaProcess, number>();
  readonly summary: RoundsSummary = {
    kills: 0,
    killsWhileStarting: 0,
    starts: 0,
    checkpointsBegun: 0,
    checkpointsInstalled: 0,
    checkpointsMade: 0,
    largestDirectoryBytes: [0, 0, 0, 0],
    acknowledged: 0,
    violations: [],
  };

  constructor(group: ProcessGroup, random: () => number) {
    this.#group = group;
    this.#random = random;
  }

  /** Also beyond the last round, until a checkpoint has been made: on a busy machine few rounds may leave no time for one. */
  #goesOn(round: number, rounds: number): boolean {
    const { violations, checkpointsMade } = this.summary;
    return violations.length === 0 && (round <= rounds || (checkpointsMade === 0 && round <= MORE_ROUNDS * rounds));
  }

  async run(rounds: number): Promise<void> {
    for (const replica of this.#group.replicas) this.#bring(replica);
    for (let round = 1; this.#goesOn(round, rounds); round += 1) {
      await this.#orExplain(round, async () => {
        await this.#group.pass(this.#below(NOTES_A_ROUND));
        await this.#round();
      });
      await this.#measure(Math.min(Math.ceil((4 * round) / rounds), 4) - 1);
      if (round % CHECK_EVERY_ROUNDS === 0) await this.#check(`after round ${round}`);
    }
    for (const replica of this.#away.keys()) this.#bring(replica);
    await this.#group.pass(NOTES_A_ROUND);
    await this.#check('at the end');
    await this.#measure(3);
    this.summary.acknowledged = this.#group.acknowledgedCount;
    await Promise.all(this.#group.replicas.map((replica) => this.#kill(replica)));
  }

  async #round(): Promise<void> {
    const victims = this.#victims();
    await Promise.all(victims.map((replica) => this.#kill(replica)));
    const due = [...this.#away].filter(([, rounds]) => rounds === 0).map(([replica]) => replica);
    for (const [replica, rounds] of this.#away) this.#away.set(replica, rounds - 1);
    const absent = this.#away.size === 0 && this.#random() < 1 / 2 ? victims[0] : undefined;
    if (absent !== undefined)
      this.#away.set(absent, AWAY_ROUNDS.least + this.#below(AWAY_ROUNDS.most - AWAY_ROUNDS.least + 1));
    for (const replica of victims) if (replica !== absent) this.#bring(replica);
    for (const replica of due) await this.#bringBack(replica);
    if (this.#random() < 1 / 3) await this.#killSoon();
    if (this.#random() < 1 / 2) await this.#allReady();
  }

  async #orExplain(round: number, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      const states = this.#group.replicas.map((replica) => replica.describe()).join('; ');
      this.summary.violations.push(`in round ${round}: ${(error as Error).message} ${states}`);
    }
  }

  /** One that runs, or two, or all. */
  #victims(): readonly ReplicaProcess[] {
    const { running } = this.#group;
    const chance = this.#random();
    const count = chance < 0.6 ? 1 : chance < 0.85 ? 2 : running.length;
    const first = this.#below(running.length);
    return Array.from(
      { length: Math.min(count, running.length) },
      (_, i) => running[(first + i) % running.length],
    ).filter((replica) => replica !== undefined);
  }

  /** Kills one of those that are starting, again and in the midst of it. */
  async #killSoon(): Promise<void> {
    const [replica] = this.#group.running.filter(({ ready }) => !ready);
    if (replica === undefined) return;
    await sleep(this.#below(SOON_MS));
    await this.#kill(replica);
    this.#bring(replica);
  }

  /** As often as not it is killed while it fetches a checkpoint, if it has to. */
  async #bringBack(replica: ReplicaProcess): Promise<void> {
    this.#bring(replica);
    if (this.#random() < 1 / 2) return;
    const { notes } = replica;
    await until(() => replica.events('fetching').length > 0 || replica.notes > notes || !replica.running);
    await sleep(this.#below(FETCH_MS));
    await this.#kill(replica);
    this.#bring(replica);
  }

  #bring(replica: ReplicaProcess): void {
    this.#away.delete(replica);
    this.#killed.delete(replica);
    this.summary.starts += 1;
    replica.spawn();
    void replica.ended().then((code) => {
      this.#sum(replica);
      if (this.#killed.has(replica)) return;
      const why = replica.failure === null ? `with ${String(code)}` : `with ${replica.failure.message}`;
      this.summary.violations.push(`${replica.setup.name} has ended by itself, ${why}`);
    });
  }

  async #kill(replica: ReplicaProcess): Promise<void> {
    if (!replica.running) return;
    this.#killed.add(replica);
    this.summary.kills += 1;
    if (!replica.ready) this.summary.killsWhileStarting += 1;
    await replica.kill();
  }

  /** What a process has told in its life. */
  #sum(replica: ReplicaProcess): void {
    this.summary.checkpointsBegun += replica.events('fetching').length;
    this.summary.checkpointsInstalled += replica.events('installed').length;
    this.summary.checkpointsMade += replica.events('checkpoint-made').length;
  }

  async #allReady(): Promise<void> {
    await until(() => this.#group.running.every(({ ready }) => ready) || this.summary.violations.length > 0);
  }

  async #check(when: string): Promise<void> {
    await this.#allReady();
    if (this.summary.violations.length > 0) return;
    await this.#group.stopLoad();
    const violations = await this.#group.violations();
    this.summary.violations.push(...violations.map((violation) => `${when}: ${violation}`));
    await this.#group.load(CALLERS);
  }

  async #measure(quarter: number): Promise<void> {
    const { largestDirectoryBytes: largest } = this.summary;
    for (const { directory, setup } of this.#group.replicas) {
      const bytes = await diskBytes(directory);
      largest[quarter] = Math.max(largest[quarter] ?? 0, bytes);
      if (bytes > DIRECTORY_BYTES_MAX)
        this.summary.violations.push(`${setup.name} takes ${bytes} bytes of the disk, beyond ${DIRECTORY_BYTES_MAX}`);
    }
  }

  #below(end: number): number {
    return Math.floor(this.#random() * end);
  }
}

/** Runs the rounds; the moments of the kills are chosen by the seed, what they meet is up to the machine. */
export async function killRounds({ rounds, seed, module }: RoundsOptions): Promise<RoundsSummary> {
  const group = await ProcessGroup.create(3, {
    options: { checkpoint: CHECKPOINT },
    noteBytes: NOTE_BYTES,
    callers: CALLERS,
    module,
  });
  try {
    const run = new KillRounds(group, seededRandom(seed));
    await run.run(rounds);
    return run.summary;
  } finally {
    await group.close();
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '200' },
      seed: { type: 'string', default: '1' },
      module: { type: 'boolean', default: false },
    },
  });
  const begunMs = performance.now();
  const summary = await killRounds({
    rounds: Number(values.rounds),
    seed: Number(values.seed),
    module: values.module,
  });
  const seconds = Math.round((performance.now() - begunMs) / 1000);
  console.log({ ...values, ...summary, directoryBytesMax: DIRECTORY_BYTES_MAX, seconds });
  process.exitCode = summary.violations.length === 0 ? 0 : 1;
}
