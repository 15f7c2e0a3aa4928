/** Asks the process that has a ledger directory. */
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';

import { TreplicaError } from '../model/errors.js';
import { isReply, type Reply, type Request } from './protocol.js';
import { shortPathTo, SOCKET } from './socket-path.js';

/** A process that is not heard for so long after it was asked is taken to hang. */
const SILENCE_MS = 10_000;

/**
 * Sends a request to the process that has a queue open in `directory`, and resolves with its result. `signal` ends the wait.
 * @throws TreplicaError NO_ANSWER if no process hears the request; UNKNOWN_OUTCOME if the wait ends after one has; and the
 * error that it answers
 */
export async function ask(directory: string, request: Request, signal?: AbortSignal): Promise<unknown> {
  const place = shortPathTo(directory);
  const socket = connect(join(place.path, SOCKET));
  try {
    return await answerOn(socket, directory, request, signal);
  } finally {
    socket.destroy();
    place.release();
  }
}

function answerOn(socket: Socket, directory: string, request: Request, signal?: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let isHeard = false;
    let received = '';
    const read = (reply: Reply | null): void => {
      if (reply === null) ended(Object.assign(new Error('no reply'), { code: 'NO_REPLY' }));
      else if ('isHeard' in reply) {
        isHeard = true;
        socket.setTimeout(0);
      } else if ('error' in reply)
        reject(new TreplicaError(reply.error.code as TreplicaError['code'], reply.error.message));
      else resolve(reply.result);
    };
    const ended = (cause?: unknown): void => {
      reject(isHeard ? unknownOutcome(request, cause) : noAnswer(directory, cause));
    };
    socket.setEncoding('utf8');
    socket.setTimeout(SILENCE_MS, () => {
      ended(Object.assign(new Error('silent'), { code: 'SILENT' }));
    });
    socket.on('connect', () => socket.write(`${JSON.stringify(request)}\n`));
    socket.on('data', (text: string) => {
      const lines = `${received}${text}`.split('\n');
      received = lines.pop() ?? '';
      for (const line of lines) read(replyIn(line));
    });
    socket.on('error', ended);
    socket.on('close', () => {
      ended();
    });
    signal?.addEventListener('abort', () => {
      reject(unknownOutcome(request, signal.reason));
    });
  });
}

function replyIn(line: string): Reply | null {
  try {
    const value: unknown = JSON.parse(line);
    return isReply(value) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function unknownOutcome({ command }: Request, cause: unknown): TreplicaError {
  return new TreplicaError(
    'UNKNOWN_OUTCOME',
    `The wait for ${command} has ended before the process has answered. The outcome is unknown: it may have been done or may yet be.`,
    { cause },
  );
}

function noAnswer(directory: string, cause: unknown): TreplicaError {
  return new TreplicaError(
    'NO_ANSWER',
    `The process that has directory ${directory} does not answer: ${whyNot(cause)}.`,
    {
      cause,
    },
  );
}

function whyNot(cause: unknown): string {
  switch ((cause as NodeJS.ErrnoException | undefined)?.code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return 'no process has a queue open there, and one that waits for its group hears no commands. Nothing was done';
    case 'EACCES':
    case 'EPERM':
      return 'only the user that runs the process may ask it. Nothing was done: ask as that user';
    case 'NO_REPLY':
      return 'something else answers at its socket, or another release of Treplica. See which program has the directory';
    case 'SILENT':
      return `it was not heard for ${String(SILENCE_MS / 1_000)} s. It hangs; once it goes on, it may still do what was asked`;
    default:
      return 'it has ended the connection, because it ends itself or has as many commands to do as it takes. Nothing was done: ask again';
  }
}
