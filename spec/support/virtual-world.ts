import { setImmediate as nextTurn } from 'node:timers/promises';

import type { Mode } from '../../lib/index.js';
import type { ProcessId } from '../../lib/model/ids.js';
import type { Scheduler } from '../../lib/queue/scheduler.js';
import { Agenda } from '../../lib/transport/agenda.js';
import { MemoryNetwork } from '../../lib/transport/memory-network.js';
import { Append } from '../programs/journal.js';
import { seededRandom } from './seeded-random.js';
import { VirtualProcess, type Life } from './virtual-process.js';

export interface WorldOptions {
  readonly n?: number;
  readonly seed?: number;
  readonly mode?: Mode;
}

/** An operation that a caller has been answered for. */
interface Acknowledged {
  readonly entry: string;
  readonly atMs: number;
}

/**
 * Replicas of one journal, queue and machine and all, on a network and disks in memory and in a time of their own, which
 * passes from one event to the next: what is random comes from the seed, and two worlds of one seed are the same.
 */
export class VirtualWorld {
  readonly queueId = 'virtual';
  readonly mode: Mode;
  readonly random: () => number;
  readonly network: MemoryNetwork;
  readonly processes: readonly VirtualProcess[];
  readonly acknowledged: Acknowledged[] = [];
  /** What has happened that must never happen. */
  readonly violations: string[] = [];
  nowMs = 1_000_000;
  readonly #agenda = new Agenda();
  #entries = 0;

  constructor({ n = 3, seed = 1, mode = 'adaptive' }: WorldOptions = {}) {
    this.mode = mode;
    this.random = seededRandom(seed);
    this.network = new MemoryNetwork({
      random: this.random,
      schedule: (action, delayMs) => this.after(delayMs, action),
    });
    Object.assign(this.network.faults, { delayTicksMin: 1, delayTicksMax: 1 });
    this.processes = Array.from({ length: n }, (_, i) => new VirtualProcess(this, this.#newProcessId(), `p${i + 1}`));
  }

  /** All processes started, the group founded and one of them its coordinator. */
  static async started(options?: WorldOptions): Promise<VirtualWorld> {
    const world = new VirtualWorld(options);
    await world.start(...world.processes);
    await world.until(() => world.processes.some(({ coordinates }) => coordinates));
    return world;
  }

  process(index: number): VirtualProcess {
    const process = this.processes[index];
    if (process === undefined) throw new Error(`there is no process ${index}`);
    return process;
  }

  get coordinator(): VirtualProcess {
    const process = this.processes.find(({ coordinates }) => coordinates);
    if (process === undefined) throw new Error('nobody coordinates');
    return process;
  }

  async start(...processes: readonly VirtualProcess[]): Promise<void> {
    await this.settle(Promise.all(processes.map((process) => process.start())));
  }

  after(ms: number, action: () => void): void {
    const dueMs = this.nowMs + ms;
    this.#agenda.add(() => {
      this.nowMs = dueMs;
      action();
    }, ms);
  }

  schedulerOf(life: Life): Scheduler {
    const every = (ms: number, callback: () => void): void => {
      this.after(ms, () => {
        if (!life.ticks) return;
        callback();
        every(ms, callback);
      });
    };
    return {
      now: () => this.nowMs,
      random: this.random,
      defer: (callback) => this.after(0, () => (life.isAlive ? callback() : undefined)),
      after: (ms, callback) => {
        let isDue = life.isAlive;
        this.after(ms, () => (isDue && life.isAlive ? callback() : undefined));
        return () => (isDue = false);
      },
      every: (ms, callback) => {
        every(ms, callback);
        return () => (life.ticks = false);
      },
    };
  }

  /** Lets time pass until the condition holds. */
  async until(condition: () => boolean, limitMs = 30_000): Promise<void> {
    const deadlineMs = this.nowMs + limitMs;
    await nextTurn();
    while (!condition()) {
      if (this.nowMs > deadlineMs) throw new Error(`after ${limitMs} virtual ms the condition still does not hold`);
      if (!this.#agenda.next()) throw new Error('nothing will happen any more');
      await nextTurn();
    }
  }

  async pass(ms: number): Promise<void> {
    let isOver = false;
    this.after(ms, () => (isOver = true));
    await this.until(() => isOver, ms);
  }

  /** Lets time pass until the promise is settled. */
  async settle<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settled = (): void => void (isSettled = true);
    promise.then(settled, settled);
    await this.until(() => isSettled);
    return promise;
  }

  /** Appends an entry that is like no other; resolves with it once it is acknowledged. */
  async append(process: VirtualProcess): Promise<string> {
    const { machine } = process;
    this.#entries += 1;
    const entry = `<${process.name} ${this.#entries}>`;
    await machine.execute(new Append(entry));
    this.acknowledged.push({ entry, atMs: this.nowMs });
    const copies = this.processes.filter(({ disk }) => holds(disk.file(this.queueId).entries, entry)).length;
    if (2 * copies <= this.processes.length) this.violations.push(`${entry} was acknowledged with ${copies} copies`);
    return entry;
  }

  /** Callers at every process that append one entry after the other, until `stopLoad` or until their process stops. */
  load(callers: number, processes = this.processes): void {
    for (const process of processes) for (let i = 0; i < callers; i += 1) process.load();
  }

  /** Resolves when every caller at a living process has been answered. */
  async stopLoad(): Promise<void> {
    await this.settle(Promise.all(this.processes.map((process) => process.stopLoad())));
  }

  async readAt(process: VirtualProcess): Promise<string[]> {
    return this.settle(process.machine.read(({ entries }) => entries));
  }

  /** The entries that all processes hold, where nothing is wrong with them. */
  async agreed(): Promise<string[]> {
    const journals = [];
    for (const process of this.processes) journals.push(await this.readAt(process));
    const [first = []] = journals;
    const last = this.processes.map(({ machine }) => machine.state.entries);
    if (new Set(first).size < first.length) this.violations.push('an entry was executed twice');
    for (const { entry } of this.acknowledged) {
      if (!first.includes(entry)) this.violations.push(`${entry} was acknowledged and is missing`);
    }
    for (const entries of last) {
      if (entries.slice(0, first.length).join() !== first.join()) this.violations.push('the states differ');
    }
    return first;
  }

  #newProcessId(): ProcessId {
    const digits = Array.from({ length: 16 }, () => Math.floor(this.random() * 16).toString(16));
    return digits.join('') as ProcessId;
  }
}

/** Whether an entry of the log holds the text: most likely one of the last. */
function holds(log: ReadonlyMap<number, Buffer>, text: string): boolean {
  return [...log.values()].reverse().some((bytes) => bytes.includes(text));
}
