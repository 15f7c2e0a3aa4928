/** The keys of a group, as options and files give them. No text here has the bytes of a key in it, whatever is wrong with them. */
import { readFile as readText, stat } from 'node:fs/promises';

import { TreplicaError } from '../model/errors.js';
import { KEY_ID_MAX } from '../model/keys.js';
import { isWholeNumber } from '../model/options.js';
import { loadCiphers } from '../transport/frame/frame-key.js';
import { type Key, KEY_BYTES, KeyRing } from '../transport/frame/key-ring.js';

/** A key of a group: the same at each of its processes. */
export interface KeyOption {
  /** Which key it is: from 1 to 4,294,967,295, and never again used for another. */
  readonly id: number;
  /** 32 random bytes, or their text in base64 or hexadecimal digits. */
  readonly key: Uint8Array | string;
}

/** The keys, or the path of a file with a line `ID KEY` for each of them; what follows `#` is not read. */
export type KeysOption = readonly KeyOption[] | string;

/** Others than the owner of a file may read it, or write it and so have a queue work under a key of theirs. */
const EXPOSED_MODE = 0o066;

/** The keys of a file. */
export interface KeyFile {
  readonly path: string;
  readonly keys: readonly [Key, ...Key[]];
  /** The permissions of the file, where others than its owner may read or write it; null where they may not. */
  readonly exposedMode: number | null;
}

/**
 * The ring of an option, and the file that it names; what seals frames under it is loaded then.
 * @throws TreplicaError INVALID_OPTION.
 */
export async function readKeys(
  option: KeysOption,
  readFile: (path: string) => Promise<KeyFile> = readKeyFile,
): Promise<{ readonly ring: KeyRing; readonly file: KeyFile | null }> {
  const isPath = typeof option === 'string' && option !== '' && bytesIn(option)?.length !== KEY_BYTES;
  if (!isPath && !Array.isArray(option))
    throw new TreplicaError(
      'INVALID_OPTION',
      "The option keys is neither a list of keys nor the path of a file: use a list such as [{ id: 1, key }], or the path of a file with a line '1 KEY' for each key.",
    );
  await loadCiphers();
  if (isPath) {
    const file = await readFile(option);
    return { ring: new KeyRing(file.keys), file };
  }
  const keys = (option as readonly (Partial<KeyOption> | null | undefined)[]).map((one, i) =>
    keyFrom(one?.id, one?.key, `keys[${String(i)}]`),
  );
  return { ring: new KeyRing(distinct(keys, 'The option keys')), file: null };
}

/** @throws TreplicaError INVALID_OPTION where the file cannot be read or a line of it is no key. */
export async function readKeyFile(path: string): Promise<KeyFile> {
  let text: string;
  let mode: number;
  try {
    ({ mode } = await stat(path));
    text = await readText(path, 'utf8');
  } catch (cause) {
    throw new TreplicaError(
      'INVALID_OPTION',
      `The file of keys ${path} cannot be read (${String(cause)}): the option keys is to name one that this user can read.`,
      { cause },
    );
  }
  const keys = text.split('\n').flatMap((line, i) => {
    const [id, key, ...more] = line.replace(/#.*/s, '').split(/\s+/).filter(Boolean);
    if (id === undefined) return [];
    const where = `Line ${String(i + 1)} of the file of keys ${path}`;
    if (more.length > 0)
      throw new TreplicaError('INVALID_OPTION', `${where} has more than an id and a key: write it like '1 KEY'.`);
    return [keyFrom(/^\d+$/.test(id) ? Number(id) : id, key, where)];
  });
  const exposedMode = (mode & EXPOSED_MODE) === 0 ? null : mode & 0o777;
  return { path, keys: distinct(keys, `The file of keys ${path}`), exposedMode };
}

function keyFrom(id: unknown, key: unknown, where: string): Key {
  if (!isWholeNumber(id, 1, KEY_ID_MAX))
    throw new TreplicaError(
      'INVALID_OPTION',
      `${where} has no key id: use a whole number from 1 to ${String(KEY_ID_MAX)}.`,
    );
  const bytes = typeof key === 'string' ? bytesIn(key) : key instanceof Uint8Array ? key : null;
  if (bytes?.length === KEY_BYTES) return { id: id as number, bytes };
  const length = bytes === null ? 'no bytes that can be read' : `${String(bytes.length)} bytes`;
  throw new TreplicaError(
    'INVALID_OPTION',
    `${where}, the key ${String(id)}, has ${length}: use ${String(KEY_BYTES)} random bytes, in base64 or hexadecimal digits where they are text, such as 'openssl rand -base64 32' prints.`,
  );
}

/** The bytes of a key as text, or null where it is none. */
function bytesIn(text: string): Buffer | null {
  if (text.length === 2 * KEY_BYTES && /^[0-9a-f]+$/i.test(text)) return Buffer.from(text, 'hex');
  return /^[A-Za-z0-9+/_-]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : null;
}

function distinct(keys: readonly Key[], what: string): readonly [Key, ...Key[]] {
  const [first, ...others] = keys;
  if (first === undefined)
    throw new TreplicaError('INVALID_OPTION', `${what} has no key: add one, or leave the option keys out.`);
  const twice = keys.find(({ id }, i) => keys.findIndex((other) => other.id === id) !== i);
  if (twice !== undefined)
    throw new TreplicaError('INVALID_OPTION', `${what} has two keys ${String(twice.id)}: give each an id of its own.`);
  // Whoever has a key that is removed would have the other one.
  for (const [i, { id, bytes }] of keys.entries()) {
    const same = keys.slice(i + 1).find((other) => Buffer.compare(other.bytes, bytes) === 0);
    if (same !== undefined)
      throw new TreplicaError(
        'INVALID_OPTION',
        `${what} has the same bytes for the keys ${String(id)} and ${String(same.id)}: draw bytes of its own for each.`,
      );
  }
  return [first, ...others];
}
