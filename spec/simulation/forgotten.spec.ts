import { describe, expect, it } from '@jest/globals';

import { append, SECOND_US, startedWorld } from './world-subjects.js';

describe('processes of which the tables of delivered batches forget all but one', () => {
  it('have everything executed that they submit, once and in order, whoever was forgotten meanwhile', async () => {
    const world = await startedWorld({ deliveryRowsMax: 1 });
    const calls: ReturnType<typeof append>[] = [];
    for (let round = 0; round < 20; round += 1) {
      for (const process of world.processes)
        calls.push(
          append(process, `${String(round)} a at ${process.name}`),
          append(process, `${String(round)} b at ${process.name}`),
        );
      await world.pass(0.03 * SECOND_US);
    }
    expect(await world.until(() => calls.every(({ isAnswered }) => isAnswered), 30 * SECOND_US)).toBe(true);
    const texts = world.processes.map(({ machine }) => machine!.state.entries);
    expect(texts[0]).toHaveLength(calls.length);
    expect(texts.map((entries) => entries.join())).toEqual(Array(3).fill(texts[0]!.join()));
    expect(world.log.violation).toBeNull();
  });
});
