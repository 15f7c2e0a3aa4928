import { types } from 'node:util';
import type { Logger } from 'pino';

/** The methods of the log that a queue calls. */
export const LOG_METHODS = ['debug', 'info', 'warn', 'error', 'fatal'] as const;

/**
 * The same logger, which can neither throw into the queue nor leave a rejected promise behind: a group's work does not
 * depend on its log. The first time that the log fails, the process is warned as Node warns of things.
 */
export function guardedLog(log: Logger, queueId: string): Logger {
  let hasFailed = false;
  const onFailure = (error: unknown): void => {
    if (hasFailed) return;
    hasFailed = true;
    const reason = error instanceof Error ? error.message : String(error);
    process.emitWarning(
      `The log of the queue ${queueId} has failed, and may lack lines from here on: ${reason}`,
      'TreplicaWarning',
    );
  };
  const guarded = Object.create(log) as Logger;
  for (const method of LOG_METHODS) {
    // Asked for at each call: what a logger does changes with its level.
    guarded[method] = (...args: unknown[]): void => {
      try {
        const returned: unknown = Reflect.apply(log[method], log, args);
        if (types.isPromise(returned)) returned.catch(onFailure);
      } catch (error) {
        onFailure(error);
      }
    };
  }
  return guarded;
}
