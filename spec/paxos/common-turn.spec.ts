import { describe, expect, it } from '@jest/globals';

import { deferTogether, tickTogether } from '../../lib/paxos/common-turn.js';
import { mayWait } from '../../lib/transport/udp/company.js';
import { until } from '../support/udp-testbed.js';

describe('what is deferred', () => {
  it('runs in one later turn, in its order, with what is deferred meanwhile in the next one', async () => {
    const order: string[] = [];
    deferTogether(() => {
      order.push('first');
      deferTogether(() => order.push('third'));
    });
    deferTogether(() => order.push('second'));
    setImmediate(() => order.push('another turn'));
    order.push('now');
    await until(() => order.length === 5);
    expect(order).toEqual(['now', 'first', 'second', 'another turn', 'third']);
  });

  it('may share datagrams, and what follows may not', async () => {
    const found: boolean[] = [];
    deferTogether(() => found.push(mayWait()));
    deferTogether(() => found.push(mayWait()));
    await until(() => found.length === 2);
    expect([...found, mayWait()]).toEqual([true, true, false]);
  });

  it('has nothing to wait for where it is alone', async () => {
    const found: boolean[] = [];
    deferTogether(() => found.push(mayWait()));
    await until(() => found.length === 1);
    expect(found).toEqual([false]);
  });
});

describe('those that tick together', () => {
  it('tick in the same turn of the event loop, each until it stops', async () => {
    const ticks = { early: 0, late: 0 };
    const turns: string[] = [];
    let turn = 0;
    const note = (name: keyof typeof ticks) => (): void => {
      if (ticks[name] === 0) setImmediate(() => (turn += 1));
      ticks[name] += 1;
      turns.push(`${turn}`);
    };
    const stopEarly = tickTogether(5, note('early'));
    const stopLate = tickTogether(5, note('late'));
    await until(() => ticks.early > 0);
    expect(ticks.late).toBe(1);
    expect(turns).toEqual(['0', '0']);
    stopEarly();
    const { early } = ticks;
    await until(() => ticks.late > 2);
    stopLate();
    expect(ticks.early).toBe(early);
  });

  it('one that is stopped by another in the same tick does not tick any more', async () => {
    let ticks = 0;
    const stops: (() => void)[] = [];
    const stopFirst = tickTogether(5, () => {
      ticks += 1;
      for (const stop of stops) stop();
    });
    let hasTicked = false;
    stops.push(
      stopFirst,
      tickTogether(5, () => (hasTicked = true)),
    );
    await until(() => ticks === 1);
    const after: boolean[] = [];
    const stop = tickTogether(5, () => after.push(true));
    await until(() => after.length === 2);
    stop();
    expect([ticks, hasTicked]).toEqual([1, false]);
  });
});
