import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';

import { Operation, operation } from '../../lib/machine/operation.js';
import { processFaultIn } from '../../lib/machine/process-faults.js';
import { ReplicatedStateMachine } from '../../lib/machine/replicated-state-machine.js';
import { StateMachine } from '../../lib/machine/state-machine.js';
import { MemoryLog } from '../support/memory-queue.js';

interface FileReader {
  readFileSync(path: string): unknown;
}

class Work extends StateMachine {
  begun = 0;
  done = 0;
}

/** Runs a function of this table at every replica. */
@operation('spec.faults.run')
class Run extends Operation<Work, number> {
  constructor(readonly what: string) {
    super();
  }

  execute(work: Work): number {
    work.begun += 1;
    actions.get(this.what)!();
    work.done += 1;
    return work.done;
  }
}

const actions = new Map<string, () => unknown>();

function action(name: string, run: () => unknown): [name: string, run: () => unknown] {
  actions.set(name, run);
  return [name, run];
}

const recurse = (n: number): number => recurse(n + 1) + 1;
const nested = (): unknown[] => {
  let list: unknown[] = [];
  for (let i = 0; i < 100_000; i += 1) list = [list];
  return list;
};

class TooLow extends RangeError {}

function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

const faults = [
  action('a recursion without end', () => recurse(0)),
  action('a recursion through a getter', () => {
    class Chain {
      get next(): unknown {
        return this.next;
      }
    }
    return new Chain().next;
  }),
  action('a recursion through a Proxy', () => {
    const proxy: object = new Proxy(
      {},
      { get: (_target, key, receiver) => Reflect.get(receiver as object, key) as unknown },
    );
    return Reflect.get(proxy, 'x') as unknown;
  }),
  // With a replacer, for from Node 26 on there is no end to what it takes without.
  action('JSON of what is nested deeply', () => JSON.stringify(nested(), (_key, value: unknown) => value)),
  action('an array flattened', () => nested().flat(Infinity)),
  action('as many arguments as an array has elements', () =>
    ([] as number[]).push(...new Array<number>(5_000_000).fill(0)),
  ),
  action('a regular expression that backtracks', () => /(?:a|b)*c/.test('a'.repeat(10_000_000))),
  action('a regular expression too deep to be compiled', () => new RegExp('('.repeat(100_000) + ')'.repeat(100_000))),
  action('the stack of another realm', () => runInNewContext('(function f() { f() })()') as unknown),
  action('a string longer than the engine has', () => 'x'.repeat(2 ** 29)),
  action('a bigint larger than the engine has', () => 2n ** (2n ** 31n)),
  action('bytes beyond any memory', () => new ArrayBuffer(2 ** 52)),
  action('a typed array beyond any memory', () => new Uint8Array(2 ** 45)),
  action('a Buffer beyond any memory', () => Buffer.alloc(2 ** 45)),
  action('a script that is timed', () => runInNewContext('for (;;);', {}, { timeout: 5 }) as unknown),
  action('a file that is not there', () =>
    (createRequire(import.meta.url)('node:fs') as FileReader).readFileSync('/no/such/file'),
  ),
  action('a module that is not there', () => {
    // As Node's own require throws it; jest's does not.
    throw Object.assign(new Error("Cannot find module 'x'"), { code: 'MODULE_NOT_FOUND', requireStack: [] });
  }),
  action('an overflow wrapped by the operation', () => {
    throw new Error('cannot be summed', { cause: thrownBy(() => recurse(0)) });
  }),
  action('an overflow among others', () => {
    throw new AggregateError([new Error('one'), thrownBy(() => recurse(0))]);
  }),
] as const;

const outcomes = [
  action('an error of its own', () => {
    throw new RangeError('too low');
  }),
  action('an error of its own that says what an engine would', () => {
    throw new TooLow('Invalid string length');
  }),
  action('a plain error that says what an engine would', () => {
    throw new Error('Maximum call stack size exceeded');
  }),
  action('a length that the language refuses', () => new Array<number>(-1)),
  action('a count that the language refuses', () => 'x'.repeat(-1)),
  action('a view that is longer than its buffer', () => new Uint8Array(new ArrayBuffer(4), 0, 10)),
  action('a negative size', () => Buffer.alloc(-1)),
  action('a date that is none', () => new Date(NaN).toISOString()),
  action('a property of nothing', () => (undefined as unknown as Work).done),
  action('text that is no JSON', () => JSON.parse('{') as unknown),
  action(
    'an unreachable instruction of WebAssembly',
    () => runInNewContext('new WebAssembly.Instance(new WebAssembly.Module(trap))', { trap: TRAP }) as unknown,
  ),
  action('something that is no error', () => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- operations may throw anything
    throw { code: 'ENOENT' };
  }),
] as const;

/** A module whose start function is the instruction `unreachable`. */
const TRAP = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 8, 1, 0, 10, 5, 1, 3, 0, 0, 11,
]);

describe('A replica on which an operation fails because of the process', () => {
  it.each(faults)('(%s) stops, says where, and stops there again at every start', async (what) => {
    const log = new MemoryLog();
    const machine = await ReplicatedStateMachine.create(new Work(), log.queue());
    const says = {
      code: 'EXECUTION_FAILED',
      message: expect.stringMatching(/Run \('spec\.faults\.run'\) at position 0: /),
    };
    await expect(machine.execute(new Run(what))).rejects.toMatchObject({ code: 'UNKNOWN_OUTCOME', cause: says });
    await expect(machine.execute(new Run('an error of its own'))).rejects.toMatchObject({
      code: 'STATE_MACHINE_CLOSED',
      cause: says,
    });
    await expect(ReplicatedStateMachine.create(new Work(), log.queue())).rejects.toMatchObject(says);
  });

  it.each(outcomes)('goes on where it is the outcome of the operation: %s', async (what, run) => {
    const machine = await ReplicatedStateMachine.create(new Work(), new MemoryLog().queue());
    const thrown = await machine.execute(new Run(what)).catch((error: unknown) => error);
    expect(processFaultIn(thrown)).toBeNull();
    expect(thrown).toEqual(thrownBy(run));
    await machine.execute(new Run(what)).catch(() => undefined);
    expect(machine.state.begun).toBe(2);
  });
});

describe('A recursion that overflows in some processes and not in others', () => {
  const program = join(import.meta.dirname, '../../dist/spec/programs/recursion.js');
  const run = (...args: string[]): string =>
    execFileSync(process.execPath, [program, ...args], { encoding: 'utf8' }).trim();

  it('is executed, or stops the replica: what was acknowledged by a warm one is never missing from a cold one', () => {
    const { depth, acknowledged } = JSON.parse(run('warm')) as { depth: number; acknowledged: number };
    expect(acknowledged).toBe(1);
    expect(['executed 1', 'stopped EXECUTION_FAILED']).toContain(run('cold', String(depth)));
  });
});
