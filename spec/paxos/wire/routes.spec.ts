import { describe, expect, it } from '@jest/globals';

import { type isOf, routes } from '../../../lib/paxos/wire/routes.js';
import { MESSAGE_KINDS } from '../../../lib/paxos/wire/wire.js';

function kindsOf(family: Parameters<typeof isOf>[0]): readonly string[] {
  return MESSAGE_KINDS.filter((kind) => routes[kind].family === family);
}

describe('the route of a message', () => {
  it('is known of each kind that travels, and of no other', () => {
    expect(Object.keys(routes).sort()).toEqual([...MESSAGE_KINDS].sort());
  });

  it('leads from processes of no group only to the founding', () => {
    expect(kindsOf('founding')).toEqual([
      'hello',
      'found',
      'signed',
      'unwilling',
      'founded',
      'group',
      'stuck',
      'withdrawn',
    ]);
  });

  it('leads past the core where a message is about checkpoints or starts', () => {
    expect(kindsOf('repair')).toEqual([
      ...['want-checkpoint', 'offer', 'want-chunk', 'chunk', 'no-chunk', 'checkpointed'],
    ]);
    expect(kindsOf('starts')).toEqual(['start', 'welcome']);
  });

  it('says which messages are a vote or a signature, or make for one: those of members', () => {
    expect(MESSAGE_KINDS.filter((kind) => routes[kind].saidBy === 'members')).toEqual([
      ...['found', 'signed', 'founded'],
      ...['heartbeat', 'canvass', 'concur'],
      ...['prepare', 'promise', 'inquire', 'report'],
      ...['any', 'accept', 'accepted'],
      'answer',
    ]);
  });
});
