/**
 * A program may hold this library twice: installed twice, or bundled and installed. Each copy has classes and a registry of
 * its own, and takes those of the other for strangers; so the copies of a process know of each other.
 */
import { TreplicaError } from './errors.js';

export interface Copy {
  /** Where the copy was loaded from. */
  readonly place: string;
  /** The name that a class with this prototype has in the registry of the copy. */
  readonly nameOf: (prototype: object) => string | undefined;
}

const ALL = Symbol.for('treplica.copies');
const MARK = Symbol.for('treplica.copy');

const place = placeOf(import.meta.url);

let here: Copy | null = null;

/** Tells the other copies what is registered here. */
export function announce(nameOf: Copy['nameOf']): void {
  here = { place, nameOf };
  copies().push(here);
}

/** Marks a prototype as one of this copy: what inherits from it can be told from what inherits from that of another. */
export function mark(prototype: object): void {
  Object.defineProperty(prototype, MARK, { value: place });
}

/** Where another copy was loaded from whose marked prototype `object` inherits; null where there is none. */
export function otherCopyOf(object: object): string | null {
  const theirs: unknown = (object as Record<symbol, unknown>)[MARK];
  return typeof theirs === 'string' ? theirs : null;
}

/** Where another copy was loaded from that has registered a class with this prototype; null where there is none. */
export function otherCopyThatKnows(prototype: object): string | null {
  return copies().find((copy) => copy !== here && copy.nameOf(prototype) !== undefined)?.place ?? null;
}

/** The error for an object of another copy. `what` is a clause: 'X was not submitted: it is …'. */
export function twoCopies(what: string, theirs: string): TreplicaError {
  return new TreplicaError('TWO_COPIES', `${what} ${explainCopies(theirs)}`);
}

export function explainCopies(theirs: string): string {
  return `This process has two copies of Treplica, one from ${theirs} and one from ${place}, which know nothing of each other's classes: install one for both (npm dedupe, a peer dependency), and leave it out of bundles or bundle it once.`;
}

function copies(): Copy[] {
  const holder = globalThis as unknown as Record<symbol, Copy[] | undefined>;
  return (holder[ALL] ??= []);
}

/** Bundles may have no URL. */
function placeOf(url: string | undefined): string {
  return url === undefined ? 'a bundle' : url.replace(/\/lib\/model\/copies\.[jt]s.*$/, '');
}
