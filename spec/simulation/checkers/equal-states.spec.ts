import { beforeEach, describe, expect, it } from '@jest/globals';

import { type ExecutionContext, Operation, operation, StateMachine } from '../../../lib/index.js';
import { SystemState } from '../../../lib/machine/system-state.js';
import { MessageHead } from '../../../lib/queue/message-head.js';
import type { BatchContent } from '../../../lib/sequence/batch-body.js';
import { encode } from '../../../lib/serialization/codec.js';
import { EqualStates } from '../../../lib/simulation/checkers/equal-states.js';
import type { Held } from '../../../lib/simulation/checkers/reference.js';
import { AT_MS, found, report } from './subjects.js';

class Ledger extends StateMachine {
  readonly lines: string[] = [];
  readonly totals: Map<string, number> = new Map();
}

/** Returns how many lines there are. */
@operation('spec.checkers.enter')
class Enter extends Operation<Ledger, { readonly lines: number; readonly at: number }> {
  constructor(readonly line: string) {
    super();
  }

  execute(ledger: Ledger, context: ExecutionContext) {
    if (this.line === '') throw new RangeError('there is nothing to enter');
    ledger.lines.push(this.line);
    ledger.totals.set(this.line, (ledger.totals.get(this.line) ?? 0) + 1);
    return { lines: ledger.lines.length, at: context.time };
  }
}

describe('equal states', () => {
  let states: EqualStates<Ledger>;
  let executions: number;

  beforeEach(() => {
    executions = 0;
    const execute = (action: () => void): void => {
      executions += 1;
      action();
    };
    states = new EqualStates(() => new Ledger(), execute, report);
  });

  const contentOf = (lines: readonly string[]): BatchContent => ({
    proposedAtMs: AT_MS,
    messages: lines.map((line) => encode(new Enter(line), MessageHead.operation)),
  });
  const LINES = Array.from({ length: 16 }, (_, i) => `line ${i % 4}`);

  /** What a replica holds that has entered these lines, by so many operations. */
  function replicaWith(lines: readonly string[], operations = lines.length): Held<Ledger> {
    const state = new Ledger();
    state.lines.push(...lines);
    for (const line of lines) state.totals.set(line, (state.totals.get(line) ?? 0) + 1);
    return { state, system: Object.assign(new SystemState(), { operations }) };
  }

  it('a replica may hold what a sequential execution holds', () => {
    states.ordered(0, contentOf(LINES));
    expect(executions).toBe(1);
    expect(states.executed('p1', 0, 16, replicaWith(LINES))).toBe(true);
    expect(found).toEqual([]);
  });

  it('a replica that is behind is compared with the state of its own position', () => {
    states.ordered(0, contentOf(LINES));
    states.ordered(16, contentOf(LINES));
    states.executed('p1', 0, 16, replicaWith(LINES));
    states.executed('p1', 16, 32, replicaWith([...LINES, ...LINES]));
    expect(found).toEqual([]);
  });

  it('a replica does not hold anything else', () => {
    states.ordered(0, contentOf(LINES));
    const other = replicaWith(LINES);
    other.state.lines[3] = 'forged';
    states.executed('p2', 0, 16, other);
    expect(found).toEqual(["after 16 operations, by themselves and at p2, state.lines[3] is 'line 3' and 'forged'"]);
  });

  it('a replica does not hold another system state', () => {
    states.ordered(0, contentOf(LINES));
    states.executed('p2', 0, 16, replicaWith(LINES, 15));
    expect(found).toEqual(['after 16 operations, by themselves and at p2, system state.operations is 16 and 15']);
  });

  it('the order of a map counts, for operations may iterate it', () => {
    states.ordered(0, contentOf(LINES));
    const other = replicaWith(LINES);
    const [first, ...rest] = other.state.totals;
    other.state.totals.clear();
    for (const [line, total] of [...rest, first!]) other.state.totals.set(line, total);
    states.executed('p2', 0, 16, other);
    expect(found).toEqual([expect.stringContaining('state.totals (entry 0)[0]')]);
  });

  it('looks at the end of every sixteenth operation, and where it is told to', () => {
    states.ordered(0, contentOf(LINES.slice(0, 3)));
    expect(states.executed('p1', 0, 3, replicaWith([]))).toBe(false);
    expect(found).toEqual([]);
    states.compare('p1', 3, replicaWith([]));
    expect(found).toHaveLength(1);
  });

  it('a caller is told what a sequential execution returns, at the time that was decided', () => {
    states.ordered(0, contentOf(['a', 'b']));
    states.told('p1', 1, () => ({ lines: 2, at: AT_MS }));
    expect(found).toEqual([]);
    states.told('p1', 1, () => ({ lines: 3, at: AT_MS }));
    expect(found).toEqual(['of the operation at 1, by itself and as told at p1, the outcome.lines is 2 and 3']);
  });

  it('a caller is told the very error', () => {
    states.ordered(0, contentOf(['']));
    states.told('p1', 0, () => {
      throw new RangeError('there is nothing to enter');
    });
    expect(found).toEqual([]);
    states.told('p1', 0, () => ({ lines: 1, at: AT_MS }));
    expect(found).toHaveLength(1);
  });

  it('a caller is not told an error in place of a result', () => {
    states.ordered(0, contentOf(['a']));
    states.told('p1', 0, () => {
      throw new Error('no room');
    });
    expect(found).toHaveLength(1);
  });
});
