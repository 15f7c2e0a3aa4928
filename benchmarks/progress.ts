import type { WriteStream } from 'node:tty';

/** The stream to which progress is written: a terminal, or a file or pipe, whose `isTTY` is missing. */
export type ProgressStream = Pick<WriteStream, 'write'> & { readonly isTTY?: boolean };

/** Back to the beginning of the line, and what is on it is gone. */
const ERASE = '\r\u001b[K';

/**
 * Says on standard error that `work` goes on: on a terminal a line that is rewritten every second with the seconds so far
 * and gone when the work has ended, elsewhere a line at its beginning. The work does not print meanwhile.
 */
export async function withProgress<T>(
  what: string,
  work: () => Promise<T>,
  stream: ProgressStream = process.stderr,
): Promise<T> {
  if (stream.isTTY !== true) {
    stream.write(`${what}\n`);
    return work();
  }
  const begin = performance.now();
  const show = (): void => {
    stream.write(`${ERASE}${what}  ${((performance.now() - begin) / 1000).toFixed(0)} s`);
  };
  show();
  const timer = setInterval(show, 1000);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    stream.write(ERASE);
  }
}
