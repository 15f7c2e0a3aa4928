import type { KeyFile, KeyOption } from '../paxos/keys.js';

/** The key of this id: the same in every file. */
export function keyOf(id: number): KeyOption & { readonly key: Uint8Array } {
  return { id, key: Buffer.alloc(32, `key ${id} of a simulated group`) };
}

/** The file of keys on the machine of a process. Its operator writes it; it outlives the process and the process's disk. */
export class SimulatedKeyFile {
  #ids: readonly number[] = [1];
  #idsRead: readonly number[] = [];

  /** The keys in it, ascending. */
  get ids(): readonly number[] {
    return this.#ids;
  }

  /** Those that the process found in it when it last read it. */
  get idsRead(): readonly number[] {
    return this.#idsRead;
  }

  add(id: number): void {
    if (!this.#ids.includes(id)) this.#ids = [...this.#ids, id].sort((a, b) => a - b);
  }

  /** Deletes the keys up to this one, unless there are no others. */
  deleteUpTo(id: number): void {
    const left = this.#ids.filter((one) => one > id);
    if (left.length > 0) this.#ids = left;
  }

  read(path: string): KeyFile {
    this.#idsRead = this.#ids;
    const [first = 1, ...others] = this.#ids;
    const keyAs = (id: number): KeyFile['keys'][0] => ({ id, bytes: keyOf(id).key });
    return { path, keys: [keyAs(first), ...others.map(keyAs)], exposedMode: null };
  }
}
