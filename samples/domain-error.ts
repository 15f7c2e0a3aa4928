/**
 * Why a request is refused: it makes no sense (`invalid`), what it names is not there (`not-found`), or a rule of the
 * business forbids it in the present state (`rule`).
 */
export type Refusal = 'invalid' | 'not-found' | 'rule';

/** The error that an operation of a sample throws, always before it has changed anything. */
export abstract class DomainError extends Error {
  /** Stable, for programs; the message is for people. */
  abstract readonly code: string;
  abstract readonly refusal: Refusal;
}
