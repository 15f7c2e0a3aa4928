/**
 * A replica that executes a recursion. 'warm' has run for a while, finds how deep it gets, and prints that and how many it
 * was acknowledged; 'cold DEPTH' executes a log that holds one of that depth, and prints what has become of it.
 */
import { Operation, operation, ReplicatedStateMachine, StateMachine, TreplicaError } from '../../lib/index.js';
import { MemoryLog } from '../support/memory-queue.js';

class Sums extends StateMachine {
  done = 0;
}

function sum(n: number): number {
  return n === 0 ? 0 : n + sum(n - 1);
}

@operation('spec.recursion.sum')
class Sum extends Operation<Sums, number> {
  constructor(readonly n: number) {
    super();
  }

  execute(state: Sums): number {
    sum(this.n);
    state.done += 1;
    return state.done;
  }
}

/** What a new replica says of one operation: its result, or null where it has stopped. */
async function acknowledgedOf(n: number): Promise<number | null> {
  const machine = await ReplicatedStateMachine.create(new Sums(), new MemoryLog().queue());
  return machine.execute(new Sum(n)).catch(() => null);
}

async function warm(): Promise<void> {
  const machine = await ReplicatedStateMachine.create(new Sums(), new MemoryLog().queue());
  for (let i = 0; i < 3_000; i += 1) await machine.execute(new Sum(500));
  let depth = 30_000;
  let acknowledged = await acknowledgedOf(depth);
  for (; acknowledged === null && depth > 0; acknowledged = await acknowledgedOf(depth)) depth -= 250;
  console.log(JSON.stringify({ depth, acknowledged }));
}

async function cold(depth: number): Promise<void> {
  const log = new MemoryLog();
  log.isHeld = true;
  const first = await ReplicatedStateMachine.create(new Sums(), log.queue());
  const executed = first.execute(new Sum(depth));
  log.deliver();
  try {
    console.log(`executed ${await executed}`);
  } catch (error) {
    const { cause } = error as Error;
    console.log(`stopped ${cause instanceof TreplicaError ? cause.code : String(error)}`);
  }
}

const [, , what, depth] = process.argv;
await (what === 'warm' ? warm() : cold(Number(depth)));
