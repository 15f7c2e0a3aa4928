/** One replica of a benchmark, in a process of its own: told what to do by its parent, it runs closed-loop callers. */
import { pino } from 'pino';
import { AsynchronousPersistentQueue, ReplicatedStateMachine, type Mode } from '../lib/index.js';
import { Add, Counters } from './workload.js';

export interface ReplicaSetup {
  readonly queueId: string;
  readonly directory: string;
  readonly replicas: number;
  readonly mode: Mode;
}

/** A closed loop: each of `callers` executes one operation after the other. */
export interface Load {
  readonly callers: number;
  /** Of padding in each operation. */
  readonly bytes: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

/** What one replica has measured. */
export interface Measured {
  readonly latenciesMs: Float64Array;
  readonly elapsedMs: number;
  readonly cpuMs: number;
}

async function main(setup: ReplicaSetup): Promise<void> {
  const queue = await AsynchronousPersistentQueue.create(setup.queueId, {
    ...setup,
    log: pino({ level: process.env['LOG_LEVEL'] ?? 'error' }),
  });
  const machine = await ReplicatedStateMachine.create(new Counters(), queue);
  process.on('message', (message: Load | 'close') => {
    if (message === 'close') {
      void machine.close().then(() => process.disconnect());
      return;
    }
    void run(machine, message).then((measured) => process.send?.(measured));
  });
  process.send?.('ready');
}

async function run(machine: ReplicatedStateMachine<Counters>, load: Load): Promise<Measured> {
  const latencies: number[] = [];
  const padding = 'x'.repeat(load.bytes);
  const begin = performance.now() + load.warmUpMs;
  const end = begin + load.measureMs;
  let cpu = process.cpuUsage();
  const timer = setTimeout(() => (cpu = process.cpuUsage()), load.warmUpMs);
  const caller = async (counter: string): Promise<void> => {
    for (let start = performance.now(); start < end;) {
      await machine.execute(new Add(counter, 1, padding));
      const now = performance.now();
      if (start >= begin && now <= end) latencies.push(now - start);
      start = now;
    }
  };
  await Promise.all(Array.from({ length: load.callers }, (_, i) => caller(`${queueName}${String(i)}`)));
  clearTimeout(timer);
  const { user, system } = process.cpuUsage(cpu);
  return { latenciesMs: Float64Array.from(latencies), elapsedMs: load.measureMs, cpuMs: (user + system) / 1000 };
}

const queueName = `${String(process.pid)}-`;
process.once('message', (setup: ReplicaSetup) => void main(setup));
