import type { Mode } from '../../lib/index.js';
import { Callers } from '../../lib/simulation/callers.js';
import type { SimulatedProcess } from '../../lib/simulation/process.js';
import { World } from '../../lib/simulation/world.js';
import { Append, Journal } from '../programs/journal.js';

export interface GroupOptions {
  readonly n?: number;
  readonly mode?: Mode;
  readonly seed?: number;
  /** Of each process, as long as it is up. */
  readonly callers?: number;
}

export type JournalProcess = SimulatedProcess<Journal>;

/** The replicas of one journal in a deterministic world, and callers who append entries that are like no others. */
export class SimulatedGroup {
  readonly world: World<Journal>;
  /** What callers have been told is appended. */
  readonly acknowledged: string[] = [];
  readonly #callers: Callers<Journal>;
  #appends = 0;

  constructor({ n = 3, mode = 'adaptive', callers = 0, seed = 1 }: GroupOptions = {}) {
    this.world = new World<Journal>({
      seed,
      queueId: 'journal',
      replicas: n,
      mode,
      initialState: () => new Journal(),
      invariants: {},
      isTraced: false,
    });
    this.#callers = new Callers(this.world, {
      workload: async (client) => {
        await this.#append(client.process, (operation) => client.execute(operation));
      },
      random: this.world.random.fork(),
      callers,
      pauseUsMean: 5_000,
    });
  }

  /** All processes started, the group founded and one of them its coordinator. */
  static async started(options?: GroupOptions): Promise<SimulatedGroup> {
    const group = new SimulatedGroup(options);
    await group.start(...group.processes);
    await group.until(() => group.processes.some(({ coordinates }) => coordinates));
    return group;
  }

  get processes(): readonly JournalProcess[] {
    return this.world.processes;
  }

  process(index: number): JournalProcess {
    const process = this.processes[index];
    if (process === undefined) throw new Error(`there is no process ${index}`);
    return process;
  }

  get coordinator(): JournalProcess {
    const process = this.processes.find(({ coordinates }) => coordinates);
    if (process === undefined) throw new Error('nobody coordinates');
    return process;
  }

  others(than: JournalProcess): JournalProcess[] {
    return this.processes.filter((process) => process !== than);
  }

  /** Starts processes, and waits until they are ready. */
  async start(...processes: readonly JournalProcess[]): Promise<void> {
    for (const process of processes) process.start();
    await this.until(() => processes.every(({ machine }) => machine !== null));
  }

  /** From now on nothing that is sent passes between the process and the others, until the returned function is called. */
  isolate(process: JournalProcess): () => void {
    const { weather } = this.world;
    const cuts = this.others(process).flatMap(({ id }) => [weather.cut(process.id, id), weather.cut(id, process.id)]);
    return () => {
      for (const mend of cuts) mend();
    };
  }

  /** Resolves with the entry once it is acknowledged; never, where the process crashes before. */
  append(process: JournalProcess): Promise<string> {
    const machine = machineOf(process);
    return this.#append(process.name, (operation) => machine.execute(operation));
  }

  /** A linearizable read of all entries. */
  read(process: JournalProcess): Promise<string[]> {
    return machineOf(process).read(({ entries }) => [...entries]);
  }

  acknowledgedAt(process: JournalProcess): string[] {
    return this.acknowledged.filter((entry) => entry.startsWith(`${process.name} `));
  }

  /** Lets time pass until the condition holds. */
  async until(condition: () => boolean, limitMs = 30_000): Promise<void> {
    if (await this.world.until(condition, limitMs * 1_000)) return;
    const { violation } = this.world.log;
    throw new Error(
      violation === null
        ? `after ${limitMs} virtual ms the condition still does not hold`
        : `${violation.checker}: ${violation.text}`,
    );
  }

  async pass(ms: number): Promise<void> {
    const endUs = this.world.nowUs + ms * 1_000;
    await this.until(() => this.world.nowUs >= endUs, ms + 1);
  }

  /** Lets time pass until the promise is settled. */
  async settle<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settled = (): void => void (isSettled = true);
    promise.then(settled, settled);
    await this.until(() => {
      this.world.stir(); // Any event may settle it.
      return isSettled;
    });
    return promise;
  }

  /**
   * What reads at all processes find, once every caller has been answered. The checkers of the world look at what the
   * processes hold in the end.
   */
  async finish(): Promise<string[][]> {
    this.#callers.end();
    await this.until(() => this.#callers.areDone);
    const journals: string[][] = [];
    for (const process of this.processes) journals.push(await this.settle(this.read(process)));
    await this.until(() => new Set(this.processes.map(({ life }) => life?.position)).size === 1);
    this.world.watch.finish(this.processes);
    return journals;
  }

  async #append(where: string, execute: (operation: Append) => Promise<unknown>): Promise<string> {
    this.#appends += 1;
    const entry = `${where} ${this.#appends}`;
    await execute(new Append(entry));
    this.acknowledged.push(entry);
    return entry;
  }
}

function machineOf({ name, machine }: JournalProcess) {
  if (machine === null) throw new Error(`${name} is not up`);
  return machine;
}
