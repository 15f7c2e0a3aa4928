/**
 * Resolves as the promise does, if that takes no longer than `timeoutMs`: for a read, which waits for a majority.
 *
 * @throws DOMException named TimeoutError
 */
export async function inTime<Result>(timeoutMs: number, promise: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    const error = new DOMException(`No majority of the replicas has answered within ${timeoutMs} ms.`, 'TimeoutError');
    timer = setTimeout(() => reject(error), timeoutMs);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
