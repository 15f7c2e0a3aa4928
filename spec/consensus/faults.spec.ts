import { describe, it } from '@jest/globals';

import type { Mode } from '../../lib/consensus/mode.js';
import { surviveFaults } from '../support/faults.js';

const SEEDS = Number(process.env['TREPLICA_SEEDS'] ?? 12);

describe.each<Mode>(['classic', 'fast', 'adaptive'])('in %s mode', (mode) => {
  it.each([1, 2, 3, 4, 5])('a group of %i survives whatever the network, the disks and the processes do', (n) => {
    for (let seed = 1; seed <= SEEDS; seed += 1) surviveFaults(n, mode, seed);
  });
});
