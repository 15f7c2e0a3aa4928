import { type ExecutionContext, Operation, operation, StateMachine } from '../lib/index.js';
import { constants } from '../lib/model/constants.js';
import type { Client } from '../lib/simulation/callers.js';
import { checkLinearizability } from '../lib/simulation/checkers/linearizability.js';
import type { Call, SequentialModel } from '../lib/simulation/checkers/sequential-model.js';
import type { RecordedCall } from '../lib/simulation/history.js';
import type { Application } from '../lib/simulation/run.js';

const REGISTERS = 4;

/** More than a datagram holds. */
const LARGE = new Uint8Array(constants.datagramBytesOnLoopback + 1);

/** A few registers, each of which holds a number; 0 in the beginning. */
class Registers extends StateMachine {
  readonly values: Map<string, number> = new Map();
  /** The decided time of the latest write, in milliseconds since 1970. */
  writtenAtMs = 0;

  holds(register: string): number {
    return this.values.get(register) ?? 0;
  }
}

/** Returns what the register held before. */
@operation('registers.write')
class Write extends Operation<Registers, number> {
  constructor(
    readonly register: string,
    readonly value: number,
    /** Makes the operation so large that it takes another way to the others than small ones. */
    readonly ballast?: Uint8Array,
  ) {
    super();
  }

  execute(state: Registers, { time }: ExecutionContext): number {
    const before = state.holds(this.register);
    state.values.set(this.register, this.value);
    state.writtenAtMs = time;
    return before;
  }
}

/** Writes where the register holds what is expected. Returns whether it did. */
@operation('registers.compare-and-set')
class CompareAndSet extends Operation<Registers, boolean> {
  constructor(
    readonly register: string,
    readonly expected: number,
    readonly value: number,
  ) {
    super();
  }

  execute(state: Registers): boolean {
    if (state.holds(this.register) !== this.expected) return false;
    state.values.set(this.register, this.value);
    return true;
  }
}

/** The entry of a read in the history. */
interface Read {
  readonly register: string;
}

type Input = Write | CompareAndSet | Read;

/** One register, as it behaves where nobody else is. */
const register: SequentialModel<number, Input, unknown> = {
  initial: 0,
  step(value, input, output) {
    if (input instanceof Write) return output === undefined || output === value ? { state: input.value } : null;
    if (input instanceof CompareAndSet) {
      const succeeds = value === input.expected;
      return output === undefined || output === succeeds ? { state: succeeds ? input.value : value } : null;
    }
    return output === undefined || output === value ? { state: value } : null;
  },
  keyOf: String,
  partitionOf: (input) => input.register,
};

/** Every value is written once, so that a read tells which write it saw. */
function workload(): (client: Client<Registers>) => Promise<void> {
  let values = 0;
  return async (client) => {
    const name = `r${Math.floor(client.random() * REGISTERS)}`;
    const chance = client.random();
    const options = client.random() < 0.1 ? { timeoutMs: 1 + Math.floor(client.random() * 300) } : undefined;
    values += 1;
    if (chance < 0.06) await burst(client, () => (values += 1));
    else if (chance < 0.4) await client.execute(new Write(name, values), options);
    else if (chance < 0.7) await client.read((state) => state.holds(name), { register: name } satisfies Read);
    else {
      const seen = await client.read((state) => state.holds(name), { register: name } satisfies Read);
      await client.execute(new CompareAndSet(name, seen, values), options);
    }
  };
}

/** Several writes one after the other, without waiting for the outcome of any: they are to be executed in this order. */
async function burst(client: Client<Registers>, nextValue: () => number): Promise<void> {
  const writes = Array.from({ length: 2 + Math.floor(client.random() * 6) }, () => {
    const name = `r${Math.floor(client.random() * REGISTERS)}`;
    return new Write(name, nextValue(), client.random() < 0.2 ? LARGE : undefined);
  });
  await Promise.allSettled(
    writes.map(async (write) => {
      if (client.random() < 0.5) await client.pause(client.random());
      return client.execute(write);
    }),
  );
}

function judge(calls: readonly RecordedCall[]): string | null {
  const history = calls.map(({ process, input, calledAt, returnedAt, outcome }): Call<Input, unknown> => ({
    process,
    input: input as Input,
    calledAt,
    returnedAt,
    output: outcome !== null && 'result' in outcome ? outcome.result : null,
  }));
  const verdict = checkLinearizability(history, register);
  return verdict.linearizable === true ? null : `the history is not linearizable: ${verdict.explanation}`;
}

/** The state that the command simulates: enough to judge linearizability by, and little else. */
export function registers(): Application<Registers> {
  return { initialState: () => new Registers(), workload: workload(), judge };
}
