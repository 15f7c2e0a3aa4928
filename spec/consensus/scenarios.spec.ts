import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { describeMessage } from '../../lib/paxos/wire/describe.js';
import { messages } from '../support/arbitraries.js';
import { playScenario } from '../support/scenario.js';

const FOLDER = join(import.meta.dirname, '../scenarios');

/** `TREPLICA_REWRITE=1 npm test -- scenarios` writes every transcript as it comes out now, to be read as a diff. */
const rewrites = process.env['TREPLICA_REWRITE'] === '1';
if (rewrites && process.env['CI'] !== undefined) throw new Error('what is to be checked is not rewritten: CI is set');

describe('a scenario gives its transcript (TREPLICA_REWRITE=1 rewrites the transcripts)', () => {
  it.each(readdirSync(FOLDER).filter((file) => file.endsWith('.txt')))('%s', (file) => {
    const path = join(FOLDER, file);
    const text = readFileSync(path, 'utf8');
    const played = playScenario(`spec/scenarios/${file}`, text);
    if (rewrites) writeFileSync(path, played);
    else expect(played).toBe(text);
  });
});

describe('a scenario', () => {
  it('gets the transcripts that it lacks, and new ones in the place of wrong ones', () => {
    const played = playScenario('x.txt', '# One.\ngroup 2 classic\n\ncrash p2\n----\nnonsense\n\ndecided\n');
    expect(played.split('\n')).toEqual([
      ...['# One.', 'group 2 classic', '----', 'p1  coordinates in 1.p1.c', ''],
      ...['crash p2', '----', 'p2  crashes', ''],
      ...['decided', '----', 'p1 p2  knows of nothing', ''],
    ]);
  });

  it.each([
    ['vote p1', 'there is no such command'],
    ['quietly vote p1', 'there is no such command'],
    ['propose', 'an argument is missing'],
    ['propose p4 a', 'there is no process 4'],
    ['crash me', "'me' names no process"],
    ['crash p1 before-lunch', "there is no point of a turn 'before-lunch'"],
    ['lose p1>p2 acept', "there is no message 'acept'"],
    ['lose p1 accept', "'p1' is no link; p1>p2 is one"],
    ['group 3 classic', 'there is a group already'],
    ['until p1 decides b', "nobody has proposed 'b'"],
    ['deliver soon', "'soon' is no number"],
  ])('names the file and the line of what cannot be carried out: %s', (command, why) => {
    const play = () => playScenario('x.txt', `group 3 classic\n\n# Next.\nsettle\n${command}\n`);
    expect(play).toThrow(`x.txt:5: ${command}: ${why}`);
  });

  it('names the file and the line of what does not come about', () => {
    const text = 'group 3 classic\n\ncrash p2,p3\npropose p1 a\nuntil p1 decides a\n';
    expect(() => playScenario('x.txt', text)).toThrow('x.txt:5: until p1 decides a: after 200 ticks');
  });

  it('begins with its group', () => {
    expect(() => playScenario('x.txt', 'settle\n')).toThrow('x.txt:1: settle: the first command is');
  });
});

describe('a message', () => {
  it('of any kind is described in one line that begins with its kind', () => {
    fc.assert(
      fc.property(messages, (message) => {
        const line = describeMessage(message, (process) => process.slice(0, 2));
        expect(line.startsWith(message.kind)).toBe(true);
        expect(line).not.toContain('\n');
      }),
      { seed: 1 },
    );
  });
});
