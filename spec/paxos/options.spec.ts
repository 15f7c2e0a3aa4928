import { describe, expect, it } from '@jest/globals';

import { checkOptions } from '../../lib/paxos/options.js';
import type { CheckpointOptions } from '../../lib/queue/checkpoint-options.js';

function check(checkpoint: CheckpointOptions): void {
  checkOptions({ directory: 'somewhere', replicas: 3, checkpoint });
}

describe('the options of checkpoints', () => {
  it.each<CheckpointOptions>([
    {},
    { everyBytes: 1 },
    { everyPositions: 1, logMarginBytes: 0 },
    { everyBytes: Number.MAX_SAFE_INTEGER },
  ])('may be %j', (options) => {
    expect(() => check(options)).not.toThrow();
  });

  it.each<[option: string, options: object]>([
    ['checkpoint.everyBytes', { everyBytes: 0 }],
    ['checkpoint.everyBytes', { everyBytes: Infinity }],
    ['checkpoint.everyPositions', { everyPositions: 1.5 }],
    ['checkpoint.everyPositions', { everyPositions: '7' }],
    ['checkpoint.logMarginBytes', { logMarginBytes: -1 }],
    ['checkpoint.logMarginBytes', { logMarginBytes: NaN }],
  ])('are refused by name: %s of %j', (option, options) => {
    expect(() => check(options as CheckpointOptions)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining(option) }),
    );
  });
});
