import { describe, expect, it } from '@jest/globals';

import { inheritedOptions, inheritedVariables } from '../../lib/machine/saving-environment.js';

describe('a process that makes checkpoints', () => {
  it.each([
    [['-e', 'start()'], []],
    [['--eval=start()'], []],
    [['-pe', 'start()', '--no-warnings'], ['--no-warnings']],
    [['--input-type', 'module', '--eval', '--x--'], []],
    [['--input-type=module'], []],
    [['--watch', '--watch-path', 'lib', '--watch-preserve-output'], []],
    [['--inspect', '--inspect-brk=0', '--inspect-port', '9230', '--inspect-publish-uid=http'], []],
    [['--test', '--test-reporter', 'tap', '--test-only', '--experimental-test-coverage'], []],
    [['--snapshot-blob', 'state.blob', '--env-file', '.env', '--env-file-if-exists=.env'], []],
  ])('does not inherit %j', (options, rest) => {
    expect(inheritedOptions(options)).toEqual(rest);
  });

  it('inherits loaders, conditions and limits of memory, with their values', () => {
    const kept = ['--import', './tsx.mjs', '-r', './hook.cjs', '--loader=./l.mjs', '-C', 'development'];
    const limits = ['--max-old-space-size=4096', '--stack-size', '2000', '--experimental-vm-modules', '--conditions=x'];
    expect(inheritedOptions([...kept, '--watch', ...limits])).toEqual([...kept, ...limits]);
  });

  it('inherits NODE_OPTIONS but for what must not be inherited', () => {
    const NODE_OPTIONS = '--inspect=0 --require "./my \\"own\\" hook.cjs" --watch --max-old-space-size=4096';
    expect(inheritedVariables({ NODE_OPTIONS })).toEqual({
      NODE_OPTIONS: '--require "./my \\"own\\" hook.cjs" --max-old-space-size=4096',
    });
  });

  it('is not asked by its environment to report what it loads', () => {
    const variables = { WATCH_REPORT_DEPENDENCIES: '1', NODE_TEST_CONTEXT: 'child-v8', HOME: '/home/ann' };
    expect(inheritedVariables(variables)).toEqual({ HOME: '/home/ann' });
    expect(variables).toHaveProperty('NODE_TEST_CONTEXT');
  });
});
