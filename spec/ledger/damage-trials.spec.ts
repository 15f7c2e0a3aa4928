import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const PROGRAM = join(import.meta.dirname, '../../dist/spec/programs/damage-trials.js');

describe('a ledger whose data file or journal has been damaged', () => {
  it('is sound all the same, or refuses: it never tells anything else, and never ends the process', () => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [PROGRAM, '--trials', '60'], { encoding: 'utf8' });
    expect({ status, stdout, stderr }).toMatchObject({ status: 0 });
    expect(stdout).toContain('| all | all |');
  });
});
