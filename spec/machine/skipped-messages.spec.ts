import { beforeEach, describe, expect, it } from '@jest/globals';

import { Operation, operation } from '../../lib/machine/operation.js';
import { ReplicatedStateMachine } from '../../lib/machine/replicated-state-machine.js';
import type { QueueEvent } from '../../lib/queue/events.js';
import { MessageHead } from '../../lib/queue/message-head.js';
import { encode } from '../../lib/serialization/codec.js';
import { Append, Journal } from '../programs/journal.js';
import { loggedLines } from '../support/logged-lines.js';
import { MemoryLog } from '../support/memory-queue.js';

/** Says at which position it was executed, and when. */
@operation('spec.skipped.where')
class Where extends Operation<Journal, readonly [number, number]> {
  execute(_: Journal, { position, time }: { readonly position: number; readonly time: number }) {
    return [position, time] as const;
  }
}

/** First bytes of messages that are for readers. */
const READERS_HEADS = [MessageHead.raw, MessageHead.value];

/** Every version and every kind that a later release may use, and this one does not know. */
const UNKNOWN_HEADS = Array.from({ length: 256 }, (_, head) => head).filter(
  (head) => !Object.values<number>(MessageHead).includes(head),
);

/** What the machines have told of messages. */
let told: QueueEvent[];

beforeEach(() => {
  told = [];
});

function machineOn(log: MemoryLog): Promise<ReplicatedStateMachine<Journal>> {
  const queue = log.queue();
  queue.subscribe((event) => {
    if (event.kind === 'message-skipped') told.push(event);
  });
  return ReplicatedStateMachine.create(new Journal(), queue);
}

describe('A message that is put for readers by its first byte', () => {
  it('is passed over by every replica, whatever follows, and counts as a message', async () => {
    const log = new MemoryLog();
    const [one, other] = [await machineOn(log), await machineOn(log)];
    const foreign = log.queue();
    for (const head of READERS_HEADS) void foreign.submit(encode(new Append('passed over'), head), undefined);
    void foreign.submit(Buffer.alloc(0), undefined);
    const before = READERS_HEADS.length + 1;
    await expect(one.execute(new Where())).resolves.toEqual([before, expect.any(Number)]);
    await expect(other.execute(new Append('executed'))).resolves.toBe(0);
    for (const machine of [one, other, await machineOn(log)]) expect(machine.state.entries).toEqual(['executed']);
  });

  it('takes the decided time on, as every message does', async () => {
    const log = new MemoryLog();
    const machine = await machineOn(log);
    log.nowMs = 5_000;
    void log.queue().submit(Buffer.of(MessageHead.raw), undefined);
    log.nowMs = 3_000;
    await expect(machine.execute(new Where())).resolves.toEqual([1, 5_000]);
  });

  it('is told of, the more rarely the more there are', async () => {
    const log = new MemoryLog();
    const foreign = log.queue();
    for (let i = 0; i < 100; i += 1) void foreign.submit(Buffer.of(MessageHead.raw, i), undefined);
    void foreign.submit(Buffer.of(MessageHead.value), undefined);
    await machineOn(log);
    log.deliver();
    expect(told).toEqual(
      [1, 2, 4, 8, 16, 32, 64].map((count) => ({
        ...{ kind: 'message-skipped', position: count - 1, head: MessageHead.raw, count },
      })),
    );
    const lines = loggedLines(told);
    expect(lines[0]).toMatchObject({ level: 'warn', text: expect.stringMatching(/position 0 is raw bytes and no op/) });
    expect(lines[6]!.text).toMatch(/position 63 is raw bytes.*over 63 before it/);
  });

  it('is told of by its place where it has no bytes', async () => {
    const log = new MemoryLog();
    void log.queue().submit(Buffer.alloc(0), undefined);
    await machineOn(log);
    log.deliver();
    expect(told).toEqual([{ kind: 'message-skipped', position: 0, head: null, count: 1 }]);
  });

  it('does not depend on what is registered: what says that it is an operation stops the replica where it cannot be read', async () => {
    for (const [message, code] of [
      [Buffer.of(MessageHead.operation, 0xc1), 'MALFORMED_BYTES'],
      [encode('a value', MessageHead.operation), 'MALFORMED_BYTES'],
      [encode(['spec.skipped.unknown:', 1], MessageHead.operation), 'MALFORMED_BYTES'],
      [unknownOperation(), 'CLASS_NOT_REGISTERED'],
    ] as const) {
      const log = new MemoryLog();
      void log.queue().submit(message, undefined);
      log.deliver();
      await expect(machineOn(log)).rejects.toMatchObject({ code });
    }
  });
});

describe('A message whose version or kind this release does not know', () => {
  it('stops the replica, whatever follows, and again at each start: a later release may have executed it', async () => {
    for (const head of UNKNOWN_HEADS) {
      const log = new MemoryLog();
      const machine = await machineOn(log);
      const next = machine.execute(new Append('behind it'));
      void log.queue().submit(encode(new Append('not executed'), head), undefined);
      const later = machine.execute(new Append('never executed'));
      later.catch(() => undefined);
      await expect(next).resolves.toBe(0);
      const stopped = { code: 'MESSAGE_VERSION', message: expect.stringContaining('at position 1 is of kind') };
      await expect(later).rejects.toMatchObject({ code: 'UNKNOWN_OUTCOME', cause: stopped });
      expect(machine.state.entries).toEqual(['behind it']);
      await expect(machineOn(log)).rejects.toMatchObject(stopped);
    }
    expect(told).toEqual([]);
  });
});

function unknownOperation(): Buffer {
  const bytes = encode(new Append('x'), MessageHead.operation);
  return Buffer.from(bytes.toString('latin1').replace('journal.append', 'journal.strike'), 'latin1');
}
