import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { DecidedContext, type ExecutionContext } from '../../lib/machine/execution-context.js';
import { Operation, operation } from '../../lib/machine/operation.js';
import { ReplicatedStateMachine } from '../../lib/machine/replicated-state-machine.js';
import { StateMachine } from '../../lib/machine/state-machine.js';
import { MemoryLog } from '../support/memory-queue.js';

class Diary extends StateMachine {
  readonly entries: unknown[] = [];
}

/** Writes down everything that the context knows. */
@operation('spec.context.note')
class Note extends Operation<Diary, unknown> {
  execute(diary: Diary, context: ExecutionContext): unknown {
    const { position, time } = context;
    diary.entries.push([
      position,
      time,
      context.now(),
      context.random(),
      context.random(),
      context.uniqueId(),
      context.uniqueId(),
    ]);
    return diary.entries.at(-1);
  }
}

let escaped: ExecutionContext | undefined;

@operation('spec.context.escape')
class Escape extends Operation<Diary> {
  execute(_: Diary, context: ExecutionContext): void {
    escaped = context;
  }
}

function contextAt(position: number): DecidedContext {
  const context = new DecidedContext();
  context.enter(position, 0);
  return context;
}

describe('The context of an operation', () => {
  it('is the same at every replica, and again when the log is replayed', async () => {
    const log = new MemoryLog();
    const machines = await Promise.all([1, 2].map(() => ReplicatedStateMachine.create(new Diary(), log.queue())));
    for (const at of [50, 40, 60]) {
      log.nowMs = at;
      await Promise.all(machines.map((machine) => machine.execute(new Note())));
    }
    machines.push(await ReplicatedStateMachine.create(new Diary(), log.queue()));
    for (const { state } of machines) expect(state.entries).toEqual(machines[0]!.state.entries);
  });

  it('counts positions from 0 over batches of every size', async () => {
    const log = new MemoryLog();
    const machine = await ReplicatedStateMachine.create(new Diary(), log.queue());
    log.isHeld = true;
    const notes = Array.from({ length: 5 }, () => machine.execute(new Note()));
    log.deliver();
    await Promise.all(notes);
    expect(machine.state.entries.map((entry) => (entry as unknown[])[0])).toEqual([0, 1, 2, 3, 4]);
  });

  it('has a time that follows the clock of the origin and never goes back', async () => {
    const log = new MemoryLog();
    const machine = await ReplicatedStateMachine.create(new Diary(), log.queue());
    for (const at of [50, 40, NaN, 60]) {
      log.nowMs = at;
      await machine.execute(new Note());
    }
    expect(machine.state.entries.map((entry) => (entry as unknown[])[1])).toEqual([50, 50, 50, 60]);
    expect((machine.state.entries[3] as unknown[])[2]).toEqual(new Date(60));
  });

  it('has random numbers in [0, 1), spread evenly within an operation and from one to the next', () => {
    const within = contextAt(7);
    const many = Array.from({ length: 10_000 }, () => within.random());
    const across = Array.from({ length: 10_000 }, (_, position) => contextAt(position).random());
    for (const numbers of [many, across]) {
      expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
      expect(new Set(numbers).size).toBe(numbers.length);
      const tenths = Array.from(
        { length: 10 },
        (_, tenth) => numbers.filter((number) => Math.floor(number * 10) === tenth).length,
      );
      expect(Math.min(...tenths)).toBeGreaterThan(900);
      expect(Math.max(...tenths)).toBeLessThan(1_100);
    }
  });

  it('has the random numbers that it has always had: replaying an old log has to give the old state', () => {
    const context = contextAt(123_456_789_012);
    expect([context.random(), context.random()]).toEqual([0.3755474096423078, 0.11830244472455353]);
    expect(context.uniqueId()).toBe('1kpqzg2c-1');
  });

  it('has ids that differ from all others', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.maxSafeInteger().map(Math.abs)), (positions) => {
        const ids = positions.flatMap((position) => {
          const context = contextAt(position);
          return [context.uniqueId(), context.uniqueId(), context.uniqueId()];
        });
        return new Set(ids).size === positions.length * 3;
      }),
    );
  });

  it('is of no use once the operation has ended', async () => {
    const machine = await ReplicatedStateMachine.create(new Diary(), new MemoryLog().queue());
    await machine.execute(new Escape());
    const uses: ((context: ExecutionContext) => unknown)[] = [
      ({ position }) => position,
      ({ time }) => time,
      (context) => context.now(),
      (context) => context.random(),
      (context) => context.uniqueId(),
    ];
    for (const use of uses)
      expect(() => use(escaped!)).toThrow(expect.objectContaining({ code: 'OPERATION_ASYNCHRONOUS' }));
  });
});
