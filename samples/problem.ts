import { STATUS_CODES } from 'node:http';

import { type ErrorCode, TreplicaError, UnknownOutcomeError } from '../lib/index.js';
import { DomainError, type Refusal } from './domain-error.js';

/** An error as a client of the samples sees it: `application/problem+json` of RFC 9457, with a stable `code`. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
}

const statusOfRefusal: Record<Refusal, number> = { invalid: 400, 'not-found': 404, rule: 409 };

/** Codes with which the library says that nothing was executed because this replica is about to end. */
const endings: readonly unknown[] = ['QUEUE_CLOSED', 'STATE_MACHINE_CLOSED'] satisfies ErrorCode[];

/** Codes with which the library refuses to change the members: the group stays as it is. */
const refusedChanges: readonly unknown[] = ['NO_MAJORITY', 'MEMBERS_CHANGED', 'INVALID_OPTION'] satisfies ErrorCode[];

/** The answer to the client for a thrown error. An error of the server (500) is answered without its message. */
export function problemOf(error: unknown): Problem {
  const { name, message, statusCode } = Object(error) as { name?: unknown; message: string; statusCode?: unknown };
  if (error instanceof DomainError) return problem(statusOfRefusal[error.refusal], error.code, message);
  // Its message says that the operation may have been executed.
  if (error instanceof UnknownOutcomeError) return problem(503, error.code, message);
  if (error instanceof TreplicaError) return problemOfLibrary(error);
  if (name === 'TimeoutError') return problem(503, 'TIMED_OUT', `${message} Nothing has been changed.`);
  if (typeof statusCode !== 'number' || statusCode < 400 || statusCode > 499) return ourFault;
  return problem(statusCode, codeOfStatus(statusCode), message);
}

function problemOfLibrary({ code, message }: TreplicaError): Problem {
  if (endings.includes(code)) return problem(503, code, message);
  return refusedChanges.includes(code) ? problem(409, code, message) : ourFault;
}

export function problem(status: number, code: string, detail: string): Problem {
  const words = code.toLowerCase().split('_');
  const title = `${code.charAt(0)}${words.join(' ').slice(1)}`;
  return { type: `urn:problem:${words.join('-')}`, title, status, detail, code };
}

const ourFault = problem(500, 'INTERNAL_ERROR', 'The service made a mistake. It has been logged.');

function codeOfStatus(status: number): string {
  if (status === 400) return 'INVALID_INPUT';
  return (STATUS_CODES[status] ?? 'Error').toUpperCase().replace(/[^A-Z]+/g, '_');
}
