import { describe, expect, it } from '@jest/globals';

import { SimulatedGroup } from '../support/simulated-group.js';

describe('the callers of a simulation', () => {
  it('put system operations among those of the application, about one in ten, at all processes', async () => {
    const group = await SimulatedGroup.started({ callers: 3 });
    await group.pass(3_000);
    await group.finish();
    for (const { life } of group.processes) {
      const { operations, systemOperations } = life!.replica!.system;
      expect(operations).toBeGreaterThan(300);
      expect(systemOperations / operations).toBeGreaterThan(0.05);
      expect(systemOperations / operations).toBeLessThan(0.2);
    }
  });
});
