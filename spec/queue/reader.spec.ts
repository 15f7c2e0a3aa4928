import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { Position } from '../../lib/model/ids.js';
import { MessageHead } from '../../lib/queue/message-head.js';
import { messageOf } from '../../lib/queue/message-values.js';
import { Reader } from '../../lib/queue/reader.js';
import * as codec from '../../lib/serialization/codec.js';
import { ANNA } from '../support/ids.js';

/** A reader and whoever delivers to it. */
const UNREADABLE = Buffer.of(MessageHead.value, 0xc1);

class Subject {
  readonly reader: Reader;
  timesResumed = 0;
  #position = 0;

  constructor(unreadBytesMax = 1e9) {
    this.reader = new Reader({ codec, unreadBytesMax, resume: () => (this.timesResumed += 1) });
  }

  deliver(...messages: readonly (string | Buffer)[]): void {
    this.deliverAsIs(...messages.map((message) => Buffer.from(messageOf(Buffer.from(message), codec))));
  }

  /** With whatever heads they have. */
  deliverAsIs(...messages: readonly Buffer[]): void {
    const position = this.#position as Position;
    this.#position += messages.length;
    this.reader.deliver({ position, origin: ANNA, proposedAtMs: 0, messages, tickets: null });
  }

  async getText(): Promise<string> {
    return String((await this.reader.get()).message);
  }

  async readToTheEnd(): Promise<string> {
    let texts = '';
    for await (const { message } of this.reader) texts += String(message);
    return texts;
  }
}

describe('a reader', () => {
  it('gives each message with its position and origin', async () => {
    const subject = new Subject();
    subject.deliver('a', 'b');
    subject.deliver('c');
    expect(await subject.reader.get()).toEqual({ position: 0, origin: ANNA, message: Buffer.from('a') });
    expect(await subject.reader.get()).toEqual({ position: 1, origin: ANNA, message: Buffer.from('b') });
    expect(await subject.reader.get()).toEqual({ position: 2, origin: ANNA, message: Buffer.from('c') });
  });

  it('serves those who get first come, first served, whether they or the messages come first', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 40, size: 'max' }), async (gets) => {
        const subject = new Subject();
        const got: Promise<string>[] = [];
        let delivered = 0;
        for (const get of gets) {
          if (get) got.push(subject.getText());
          else subject.deliver(String(delivered++));
        }
        while (delivered < got.length) subject.deliver(String(delivered++));
        expect(await Promise.all(got)).toEqual(got.map((_, index) => String(index)));
      }),
    );
  });

  it('is iterated until its owner closes it', async () => {
    const subject = new Subject();
    const read = subject.readToTheEnd();
    subject.deliver('a', 'b');
    await new Promise(setImmediate);
    subject.reader.stopped([], null);
    expect(await read).toBe('ab');
  });

  it('throws from the iteration when it stops for another cause', async () => {
    const subject = new Subject();
    const read = subject.readToTheEnd();
    const cause = new Error('disk full');
    subject.reader.stopped([], cause);
    await expect(read).rejects.toMatchObject({ code: 'QUEUE_CLOSED', cause });
  });

  it('rejects those who get once it is closed', async () => {
    const subject = new Subject();
    const early = subject.getText();
    subject.reader.stopped([], null);
    await expect(early).rejects.toMatchObject({ code: 'QUEUE_CLOSED' });
    await expect(subject.getText()).rejects.toMatchObject({ code: 'QUEUE_CLOSED' });
  });

  it('passes over operations and messages of no bytes, by the first byte alone', async () => {
    const subject = new Subject();
    const operation = Buffer.of(MessageHead.operation, 1);
    subject.deliverAsIs(operation, Buffer.alloc(0), Buffer.of(MessageHead.systemOperation));
    subject.deliver('a');
    expect(await subject.reader.get()).toMatchObject({ position: 3, message: Buffer.from('a') });
  });

  it('tells its caller of a message whose version or kind this release does not know, and goes on with the next', async () => {
    for (let head = 0; head < 256; head += 1) {
      if (Object.values<number>(MessageHead).includes(head)) continue;
      const subject = new Subject();
      subject.deliverAsIs(Buffer.of(head, 1));
      subject.deliver('a');
      const told = { code: 'MESSAGE_VERSION', message: expect.stringContaining('at position 0') };
      await expect(subject.reader.get()).rejects.toMatchObject(told);
      expect(await subject.reader.get()).toMatchObject({ position: 1, message: Buffer.from('a') });
    }
  });

  it('rejects the caller whose message cannot be read, and goes on with the next', async () => {
    const subject = new Subject();
    const waiting = subject.reader.get();
    subject.deliverAsIs(UNREADABLE, UNREADABLE);
    subject.deliver('a');
    await expect(waiting).rejects.toMatchObject({ code: 'MALFORMED_BYTES' });
    await expect(subject.readToTheEnd()).rejects.toMatchObject({ code: 'MALFORMED_BYTES' });
    expect(await subject.getText()).toBe('a');
  });
});

describe('a reader with a limit', () => {
  const kilobyte = Buffer.alloc(1024);

  it('pushes back when more is unread, until less than half is', async () => {
    const subject = new Subject(6 * kilobyte.length);
    const states: [boolean, number][] = [];
    const note = () => states.push([subject.reader.isReady, subject.timesResumed]);
    for (let i = 0; i < 6; i += 1) subject.deliver(kilobyte);
    note();
    for (let i = 0; i < 4; i += 1) {
      await subject.reader.get();
      note();
    }
    expect(states).toEqual([
      [false, 0],
      [false, 0],
      [false, 0],
      [false, 0],
      [true, 1],
    ]);
    await subject.reader.get();
    expect(subject.timesResumed).toBe(1);
  });

  it('does not count what somebody waits for', () => {
    const subject = new Subject(1);
    void subject.reader.get();
    subject.deliver(kilobyte);
    expect(subject.reader.isReady).toBe(true);
    subject.deliver(kilobyte);
    expect(subject.reader.isReady).toBe(false);
  });

  it('counts messages without bytes too', () => {
    const subject = new Subject(1000);
    for (let i = 0; i < 1000; i += 1) subject.deliver('');
    expect(subject.reader.isReady).toBe(false);
  });
});
