import { describe, expect, it } from '@jest/globals';

import { FrameEncoder } from '../../../lib/transport/frame/frame-encoder.js';
import { Inbox } from '../../../lib/transport/frame/inbox.js';
import { MemoryLog, newProcessId, SOME_START } from '../../support/station.js';

describe('an inbox', () => {
  it('counts and drops frames that come by another interface, and does not learn their addresses', () => {
    const heard: string[] = [];
    const sender = newProcessId();
    const inbox = new Inbox(
      {
        queueId: 'a queue',
        self: newProcessId(),
        start: SOME_START,
        receiver: (_from, _group, message) => void heard.push(message.toString()),
        log: new MemoryLog(),
      },
      (source) => source.startsWith('10.'),
    );
    inbox.open();
    const frame = Buffer.concat(new FrameEncoder('a queue', sender, SOME_START).encode([Buffer.from('x')]));
    expect(inbox.accept(frame, { address: '192.0.2.1', port: 1 }, 'datagram')).toBe('foreign');
    expect(inbox.statistics.foreignDropped).toBe(1);
    expect(inbox.peers.addressOf(sender)).toBeUndefined();
    expect(inbox.accept(frame, { address: '10.0.0.1', port: 1 }, 'datagram')).toBe('intact');
    expect(inbox.peers.addressOf(sender)).toEqual({ address: '10.0.0.1', port: 1 });
    expect(heard).toEqual(['x']);
  });
});
