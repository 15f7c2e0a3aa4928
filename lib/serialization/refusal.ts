import { explainCopies, otherCopyThatKnows } from '../model/copies.js';
import { type ErrorCode, TreplicaError } from '../model/errors.js';
import { className, flawOf } from './flaws.js';

/**
 * Why a value cannot be carried or copied, on its way up to the class and field that hold it: they are known further up,
 * and nobody wants to pay for keeping track of them where nothing is wrong.
 */
export class Refusal extends Error {
  constructor(
    readonly code: ErrorCode,
    /** A predicate: 'holds a function'. */
    readonly what: string,
    readonly remedy: string,
  ) {
    super(what);
  }
}

/** The error for a person: `place` did what the refusal says. The innermost place wins; other errors become causes. */
export function located(error: unknown, place: string): TreplicaError {
  if (error instanceof TreplicaError) return error;
  if (error instanceof Refusal) return new TreplicaError(error.code, `${place} ${error.what}. ${error.remedy}`);
  const reason = error instanceof Error ? error.message : String(error);
  return new TreplicaError(
    'NOT_SERIALIZABLE',
    `${place} cannot be read: ${reason}. Getters and @Transform functions must not throw.`,
    { cause: error },
  );
}

export function refuseType(type: 'function' | 'symbol'): Refusal {
  return new Refusal(
    'NOT_SERIALIZABLE',
    `holds a ${type}`,
    'Only data can be carried: hold data instead, or leave the field out with @Exclude().',
  );
}

export function refuseProperties(what: string, properties: string): Refusal {
  return new Refusal(
    'NOT_SERIALIZABLE',
    `holds ${what} that has ${properties}, which would be lost`,
    'Use a class or a plain object for it.',
  );
}

/** For an object of a class that is not registered, or that never can be. */
export function refuseClass(prototype: object): Refusal {
  const name = className(prototype);
  const flaw = flawOf(prototype);
  if (flaw !== null)
    return new Refusal(
      'NOT_SERIALIZABLE',
      `holds an instance of ${name}, which cannot be carried: ${flaw}`,
      'Hold data instead, or leave the field out with @Exclude().',
    );
  const elsewhere = otherCopyThatKnows(prototype);
  if (elsewhere !== null)
    return new Refusal(
      'TWO_COPIES',
      `holds an instance of ${name}, which is registered with another copy of Treplica`,
      explainCopies(elsewhere),
    );
  return new Refusal(
    'CLASS_NOT_REGISTERED',
    `holds an instance of ${name}, which is not registered`,
    `Decorate ${name} with @serializable('a.name.for.the.wire'), an operation with @operation, or the field that holds it with @Type(() => ${name}), imported from 'treplica'.`,
  );
}
