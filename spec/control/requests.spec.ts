import { realpathSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, jest } from '@jest/globals';

import { ask } from '../../lib/control/ask.js';
import { REQUEST_BYTES_MAX } from '../../lib/control/protocol.js';
import type { OperatedQueue } from '../../lib/paxos/operated-queue.js';
import { rejection } from '../support/queue-group.js';
import { soon } from '../support/soon.js';
import { ControlDirectory, queueOf } from './control-directory.js';

const directory = ControlDirectory.forEach();

const ALL_BUT_TIMEOUTS = [
  ...(['Date', 'hrtime', 'nextTick', 'performance', 'queueMicrotask'] as const),
  ...(['setImmediate', 'clearImmediate', 'setInterval', 'clearInterval'] as const),
];

/** All that the process says until it ends the connection. */
async function heardOn(socket: Socket): Promise<string> {
  let text = '';
  for await (const piece of socket.setEncoding('utf8')) text += String(piece);
  return text;
}

describe('a request', () => {
  it.each([
    ['no JSON', 'members\n', 'was not understood'],
    ['no object', '["members"]\n', 'was not understood'],
    ['null', 'null\n', 'was not understood'],
    ['no command', '{"queue":"a"}\n', 'was not understood'],
    ['more bytes than any has', 'x'.repeat(REQUEST_BYTES_MAX + 1), 'it is longer than'],
    ['an unknown command', '{"command":"constructor"}\n', 'knows no command constructor'],
    ['an unknown argument', '{"command":"status","quue":"a"}\n', 'There is no option quue'],
    ['an argument of another kind', '{"command":"change-members","add":"a"}\n', 'use a list of ids'],
    ['no id in a list', '{"command":"change-members","add":[1]}\n', 'use a list of ids'],
  ])('that is %s is refused', async (_, text, why) => {
    await directory.enter(queueOf('a'));
    const socket = directory.peer();
    socket.write(text);
    const last = (await heardOn(socket)).trim().split('\n').at(-1)!;
    expect(JSON.parse(last)).toEqual({
      error: { code: 'INVALID_OPTION', message: expect.stringContaining(why) },
    });
  });

  it('comes in pieces as well, and only the first of a connection is answered', async () => {
    let changes = 0;
    let signal: AbortSignal | undefined;
    const changed: OperatedQueue['changeMembers'] = (_, options) => {
      changes += 1;
      ({ signal } = options!);
      return new Promise(() => undefined);
    };
    await directory.enter(queueOf('a', changed));
    const socket = directory.peer();
    const heard = heardOn(socket).catch(() => 'ended');
    for (const piece of ['{"command":"change', '-members"', '}\n']) {
      await new Promise((resolve) => socket.write(piece, resolve));
    }
    await soon(() => expect(changes).toBe(1));
    socket.write('{"command":"change-members"}\n');
    expect(await heard).toMatch(/^({"isHeard":true}\n|ended)$/);
    expect(changes).toBe(1);
    await soon(() => expect(signal?.aborted).toBe(true));
  });

  it('is waited for as long, however slowly its pieces come', async () => {
    jest.useFakeTimers({ doNotFake: ALL_BUT_TIMEOUTS });
    try {
      await directory.enter(queueOf('a'));
      const socket = directory.peer();
      socket.on('error', () => undefined).resume();
      for (let piece = 0; !socket.closed; piece += 1) {
        expect(piece).toBeLessThan(1_000);
        await new Promise((resolve) => socket.write(' ', resolve));
        await nextTurn();
        jest.advanceTimersByTime(1_000);
      }
    } finally {
      jest.useRealTimers();
    }
  });

  it('that is not complete when its peer ends its side does nothing', async () => {
    await directory.enter(queueOf('a'));
    const socket = directory.peer();
    socket.end('{"command":"members"}');
    expect(await heardOn(socket)).toBe('');
  });

  it('is given up when its peer ends its side', async () => {
    const reasons: unknown[] = [];
    await directory.enter(queueOf('a', untilGivenUp(reasons)));
    const socket = directory.peer();
    socket.end('{"command":"change-members"}\n');
    expect(await heardOn(socket)).toContain('"message":"given up"');
    const waiting = new AbortController();
    const asked = rejection(ask(directory.path, { command: 'change-members' }, waiting.signal));
    await soon(() => expect(reasons).toHaveLength(3));
    waiting.abort(new Error('interrupted'));
    expect(await asked).toMatchObject({ code: 'UNKNOWN_OUTCOME', cause: { message: 'interrupted' } });
    await soon(() => expect(reasons).toHaveLength(4));
    const reason = { message: 'the operator waits no longer' };
    // One that ends without having read all that it was told ends with an error.
    const ended = {
      message: expect.stringMatching(/^the operator waits no longer|^the connection to the operator has failed/),
    };
    expect(reasons).toMatchObject(['asked', reason, 'asked', ended]);
  });

  it('is answered with the error of the queue', async () => {
    await directory.enter(queueOf('a', () => Promise.reject(new Error('of another kind'))));
    await expect(ask(directory.path, { command: 'change-members' })).rejects.toMatchObject({
      code: 'FAILED',
      message: 'of another kind',
    });
  });

  it('is answered also when the queue is closed meanwhile, and a peer that has asked nothing is not waited for', async () => {
    let reject: ((error: Error) => void) | null = null;
    const changed = new Promise<void>((_, refuse) => (reject = refuse));
    let isAsked = false;
    const leave = await directory.enter(
      queueOf('a', () => {
        isAsked = true;
        return changed;
      }),
    );
    const idle = directory.peer();
    const closed = new Promise((resolve) => idle.once('close', resolve).on('error', () => undefined));
    const asked = rejection(ask(directory.path, { command: 'change-members' }));
    await soon(() => expect(isAsked).toBe(true));
    leave();
    await closed;
    reject!(new Error('closed'));
    expect(await asked).toMatchObject({ message: 'closed' });
  });

  it('is dropped where as many are under way as the process takes, and heard again when they have ended', async () => {
    const reasons: unknown[] = [];
    await directory.enter(queueOf('a', untilGivenUp(reasons)));
    const sockets = Array.from({ length: 32 }, () => directory.peer());
    await Promise.all(sockets.map(isHeard));
    await expect(ask(directory.path, { command: 'members' })).rejects.toMatchObject({
      code: 'NO_ANSWER',
      message: expect.stringContaining('as many commands to do as it takes'),
    });
    const ended = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve).end()));
    await Promise.all(ended);
    // The process may have seen the ends of some only.
    const again = (): Promise<unknown> => ask(directory.path, { command: 'members' }).catch(again);
    expect(await again()).toHaveLength(1);
  });

  it('gets no answer where no process has a queue open, or the socket is of another kind', async () => {
    await expect(ask(directory.path, { command: 'members' })).rejects.toMatchObject({
      code: 'NO_ANSWER',
      message: expect.stringContaining('no process has a queue open there'),
    });
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(join(realpathSync(directory.path), 'control.sock'), resolve));
    await expect(ask(directory.path, { command: 'members' })).rejects.toMatchObject({ code: 'NO_ANSWER' });
    server.close();
  });

  it('gets no answer where what answers says something else', async () => {
    for (const text of ['SSH-2.0\n', 'null\n', '{"error":{}}\n', '[]\n']) {
      const server = createServer((socket) =>
        socket
          .on('error', () => undefined)
          .resume()
          .end(text),
      );
      const path = join(realpathSync(directory.path), 'control.sock');
      await new Promise<void>((resolve) => server.listen(path, resolve));
      await expect(ask(directory.path, { command: 'members' })).rejects.toMatchObject({
        code: 'NO_ANSWER',
        message: expect.stringContaining('something else answers'),
      });
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

/** A change that ends only when nobody waits for it any more, and notes that. */
function untilGivenUp(notes: unknown[]): OperatedQueue['changeMembers'] {
  return (_, options) =>
    new Promise((_resolve, reject) => {
      notes.push('asked');
      options!.signal!.addEventListener('abort', () => {
        notes.push(options!.signal!.reason);
        reject(new Error('given up'));
      });
    });
}

/** Asks for a change, and waits until that is heard. */
async function isHeard(socket: Socket): Promise<void> {
  socket.write('{"command":"change-members"}\n');
  await new Promise((resolve) => socket.once('data', resolve));
}
