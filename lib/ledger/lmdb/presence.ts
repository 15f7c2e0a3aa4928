import { statSync } from 'node:fs';

import { replaced } from '../ledger-errors.js';

/** Tells whether the files of an open ledger are still those that their names lead to. */
export class Presence {
  readonly #place: string;
  readonly #files: readonly { readonly path: string; readonly identity: string | null }[];

  /** @param paths of files, which exist and must not be removed or replaced from now on */
  constructor(place: string, paths: readonly string[]) {
    this.#place = place;
    this.#files = paths.map((path) => ({ path, identity: identityOf(path) }));
  }

  /** @throws TreplicaError LEDGER_FAILED, naming what has been removed or replaced */
  assert(): void {
    for (const { path, identity } of this.#files) {
      const now = identityOf(path);
      if (now === identity) continue;
      throw replaced(this.#place, `${path} has been ${now === null ? 'removed' : 'replaced by another'}`);
    }
  }
}

/** Null where this process sees no file. */
function identityOf(path: string): string | null {
  try {
    const { dev, ino } = statSync(path);
    return `${dev}/${ino}`;
  } catch {
    return null;
  }
}
