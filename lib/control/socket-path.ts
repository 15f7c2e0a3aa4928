/** Where the control socket of a ledger directory is. */
import { closeSync, constants, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';

import { TreplicaError } from '../model/errors.js';

export const SOCKET = 'control.sock';
/** The directory, for this user alone, in which a socket is made before it gets its name. */
export const WORKSHOP = 'control.new';
/** The longest path of a Unix socket, in bytes, that every system takes: macOS has the shortest. */
const PATH_BYTES_MAX = 103;
/** The directory's descriptors as paths; only Linux has them. */
const DESCRIPTORS = '/proc/self/fd';

/** A path that leads to a directory until it is released. */
export interface ShortPath {
  readonly path: string;
  release(): void;
}

/**
 * A path to `directory` that leaves room for a socket in it: where its own is too long, one by a descriptor.
 * @throws TreplicaError INVALID_OPTION where there is none; what the file system throws
 */
export function shortPathTo(directory: string): ShortPath {
  const longest = join(directory, WORKSHOP, SOCKET);
  if (Buffer.byteLength(longest) <= PATH_BYTES_MAX) return { path: directory, release: () => undefined };
  if (!existsSync(DESCRIPTORS)) throw tooLong(directory, Buffer.byteLength(longest));
  const descriptor = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  return {
    path: `${DESCRIPTORS}/${String(descriptor)}`,
    release: () => {
      closeSync(descriptor);
    },
  };
}

function tooLong(directory: string, bytes: number): TreplicaError {
  return new TreplicaError(
    'INVALID_OPTION',
    `The path of directory ${directory} is too long for a socket in it (${String(bytes)} bytes, and this system takes ${String(PATH_BYTES_MAX)}): give the ledger a directory with a shorter path.`,
  );
}
