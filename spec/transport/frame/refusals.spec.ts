import { beforeEach, describe, expect, it } from '@jest/globals';

import { FRAME_VERSION, KEY_ID_AT } from '../../../lib/transport/frame/frame.js';
import { FrameEncoder } from '../../../lib/transport/frame/frame-encoder.js';
import { Inbox } from '../../../lib/transport/frame/inbox.js';
import { MemoryLog, newProcessId, SOME_START } from '../../support/station.js';

const QUEUE = 'a queue';
const VERSION_AT = 3;
const MINUTE_TICKS = 6_000;

let log: MemoryLog;
let inbox: Inbox;
beforeEach(() => {
  log = new MemoryLog();
  const self = newProcessId();
  inbox = new Inbox({ queueId: QUEUE, self, start: SOME_START, receiver: () => undefined, log });
  inbox.open();
});

/** A frame comes that is refused. */
function refuse(cause: 'version' | 'key', host: number): void {
  const frame = Buffer.concat(new FrameEncoder(QUEUE, newProcessId(), SOME_START).encode([Buffer.from('x')]));
  if (cause === 'version') frame.writeUInt8(FRAME_VERSION + 1, VERSION_AT);
  else frame.writeUInt32BE(7, KEY_ID_AT);
  inbox.accept(frame, { address: `10.0.${host >> 8}.${host & 255}`, port: 7 }, 'datagram');
}

/** How often something was reported. */
function reports(text: string): number {
  return log.lines.filter((line) => line.text.includes(text)).length;
}

describe('a flood of frames that are refused, each from an address of its own', () => {
  beforeEach(() => {
    for (let host = 1; host <= 2_000; host += 1) refuse('version', host);
  });

  it('is counted, and reported a few times', () => {
    expect(inbox.statistics.versionDropped).toBe(2_000);
    expect(reports('speaks version')).toBeGreaterThan(0);
    expect(reports('speaks version')).toBeLessThanOrEqual(16);
  });

  it('does not keep what is refused for another cause from being reported', () => {
    refuse('key', 1);
    expect(reports('10.0.0.1:7 seals its frames under the key 7')).toBe(1);
  });

  it('does not keep later senders from being reported, with how much has been dropped', () => {
    inbox.peers.nowTick += 10 * MINUTE_TICKS;
    refuse('version', 3_000);
    expect(reports('10.0.11.184:7 speaks version')).toBe(1);
    expect(log.lines.at(-1)).toMatchObject({ level: 'warn', facts: { dropped: 2_001 } });
  });

  it('does not make a sender be reported twice', () => {
    inbox.peers.nowTick += 10 * MINUTE_TICKS;
    refuse('version', 1);
    expect(reports('10.0.0.1:7')).toBe(1);
  });
});
