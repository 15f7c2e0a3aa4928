import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

import { treplica } from './command-line.js';

describe('the command', () => {
  it('says its version', async () => {
    const { version } = JSON.parse(readFileSync(join(process.cwd(), 'package.json'), 'utf8')) as { version: string };
    expect(await treplica('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
    expect(JSON.parse((await treplica('--version', '--json')).stdout)).toEqual({ version });
  });

  it('ends in silence when nobody reads what it says', () => {
    const program = join(process.cwd(), 'dist/lib/command/treplica.js');
    // The reader is gone before anything is written.
    const script = '{ sleep 1; exec "$@"; } | true';
    const pipe = ['-c', `set -o pipefail; ${script}`, 'bash', process.execPath, program, '--help'];
    expect(spawnSync('bash', pipe, { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  });
});
