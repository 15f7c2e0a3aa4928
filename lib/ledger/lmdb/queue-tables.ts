import type { Database } from 'lmdb';

import type { Instance } from '../../model/ids.js';
import type { RecordKey } from '../records/inventory.js';
import { closeDatabase } from './lmdb-root.js';
import { LogSegments, type SegmentPlace } from './log-segments.js';

/** The services that a queue's tables need of the environment. */
export interface TablePlace extends SegmentPlace {
  openDatabase(name: string, keyEncoding: 'uint32'): Database<Buffer, number>;
  openDatabase(name: string, keyEncoding: 'binary'): Database<Buffer, Buffer>;
}

/** The end of the name of the table that holds a queue's records outside the log. */
export const META = '/meta';

/** Where LMDB keeps the records of one queue: one table for what is outside the log, and the segments of the log. */
export class QueueTables {
  readonly log: LogSegments;
  readonly #meta: Database<Buffer, Buffer>;

  /** Within a transaction. */
  constructor(
    place: TablePlace,
    readonly name: string,
  ) {
    this.#meta = place.openDatabase(name + META, 'binary');
    this.log = new LogSegments(place, name);
  }

  /** All that is outside the log. */
  *meta(): Generator<readonly [string, Buffer]> {
    for (const { key, value } of this.#meta.getRange()) yield [key.toString(), value];
  }

  /** Within a transaction: null removes, and so does a `start` that has risen. After it, `closeUnused` is to be called. */
  write(values: Iterable<readonly [RecordKey, Buffer | null]>, start: Instance): void {
    for (const [key, value] of values) {
      if (typeof key === 'number') {
        if (value !== null && key >= start) this.log.put(key, value);
      } else if (value === null) this.#meta.removeSync(Buffer.from(key));
      else this.#meta.putSync(Buffer.from(key), value);
    }
    this.log.removeBelow(start);
  }

  /** Not within a transaction. */
  closeUnused(): void {
    this.log.closeUnused();
  }

  /** Not within a transaction. */
  close(): void {
    this.log.close();
    closeDatabase(this.#meta);
  }
}
