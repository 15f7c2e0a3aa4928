import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { Position, ProcessId } from '../../lib/model/ids.js';
import { Reader } from '../../lib/queue/reader.js';

const ANNA = 'aaaaaaaaaaaaaaaa' as ProcessId;

/** A reader and whoever delivers to it. */
class Subject {
  readonly reader: Reader;
  timesResumed = 0;
  #position = 0;

  constructor(unreadBytesMax = 1e9) {
    this.reader = new Reader({ unreadBytesMax, resume: () => (this.timesResumed += 1) });
  }

  deliver(...messages: readonly (string | Buffer)[]): void {
    const position = this.#position as Position;
    this.#position += messages.length;
    const buffers = messages.map((message) => Buffer.from(message));
    this.reader.deliver({ position, origin: ANNA, proposedAtMs: 0, messages: buffers, tickets: null });
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
});

describe('a reader with a limit', () => {
  const kilobyte = Buffer.alloc(1024);

  it('pushes back when more is unread, until less than half is', async () => {
    const subject = new Subject(6 * kilobyte.length);
    const states: [boolean, number][] = [];
    const note = () => states.push([subject.reader.ready, subject.timesResumed]);
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
    expect(subject.reader.ready).toBe(true);
    subject.deliver(kilobyte);
    expect(subject.reader.ready).toBe(false);
  });

  it('counts messages without bytes too', () => {
    const subject = new Subject(1000);
    for (let i = 0; i < 1000; i += 1) subject.deliver('');
    expect(subject.reader.ready).toBe(false);
  });
});
