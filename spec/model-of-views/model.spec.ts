import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const program = join(import.meta.dirname, '../../scripts/check-model.mjs');

/** Exit code 2: no tool to check it with. */
function check(name: string): number | null {
  const { status, stderr } = spawnSync(process.execPath, [program, '--only', name], { encoding: 'utf8' });
  if (status === 2) console.warn(`Nothing was shown: ${stderr}`);
  return status;
}

describe('the model of view changes', () => {
  it('keeps its properties in a small group with a fast reign', () => {
    expect([0, 2]).toContain(check('fast'));
  }, 600_000);

  it('loses them without one of its rules', () => {
    expect([0, 2]).toContain(check('without FAST_ENDS_AT_BORDER'));
  }, 600_000);
});
