import { NO_BALLOT } from '../../model/ballot.js';
import { NO_BASE } from '../../model/base.js';
import type { Instance } from '../../model/ids.js';
import type { KeyRecord } from '../../model/keys.js';
import { type LedgerSnapshot, NO_FOUNDING } from '../../model/records.js';
import { NO_STARTS } from '../../model/start.js';
import type { ViewRecord } from '../../model/view.js';
import { type RecordKey, type Share, shareOf, type Tally } from './inventory.js';
import type { MetaRecord, RecordCodec } from './record-codec.js';

type MetaSnapshot = { -readonly [Key in Exclude<keyof LedgerSnapshot, 'entries'>]: LedgerSnapshot[Key] };

/** The records outside the log, decoded. */
export class StoredMeta {
  readonly shares = new Map<RecordKey, Share>();
  /** Tallies of complete segments, by number, ascending. */
  readonly sealed = new Map<number, Tally>();
  readonly #views: ViewRecord[] = [];
  readonly #keys: KeyRecord[] = [];
  readonly #snapshot: MetaSnapshot = {
    identity: null,
    promise: NO_BALLOT,
    watermark: 0 as Instance,
    founding: NO_FOUNDING,
    group: null,
    borderInstances: null,
    views: this.#views,
    start: 0 as Instance,
    checkpoint: null,
    verdict: null,
    base: NO_BASE,
    starts: NO_STARTS,
    keys: this.#keys,
  };

  /** @throws TreplicaError LEDGER_DAMAGED, naming the record, or LEDGER_VERSION */
  constructor(values: Iterable<readonly [key: string, value: Buffer]>, codec: RecordCodec) {
    for (const [key, value] of values) {
      // First, for what has been cut short has no share.
      this.#take(codec.decodeMeta(key, value));
      this.shares.set(key, { digest: shareOf(value), bytes: 0 });
    }
    this.#views.sort((a, b) => a.from - b.from);
    this.#keys.sort((a, b) => a.number - b.number);
  }

  get snapshot(): Omit<LedgerSnapshot, 'entries'> {
    return this.#snapshot;
  }

  get watermark(): Instance {
    return this.#snapshot.watermark;
  }

  get start(): Instance {
    return this.#snapshot.start;
  }

  #take(record: MetaRecord): void {
    switch (record.kind) {
      case 'identity':
        this.#snapshot.identity = {
          process: record.process,
          incarnation: record.incarnation,
          founds: record.founds,
        };
        break;
      case 'promise':
        this.#snapshot.promise = record.ballot;
        break;
      case 'watermark':
        this.#snapshot.watermark = record.watermark;
        break;
      case 'founding':
        this.#snapshot.founding = record.founding;
        break;
      case 'view':
        this.#snapshot.group = record.group;
        this.#snapshot.borderInstances = record.borderInstances;
        this.#views.push(record.record);
        break;
      case 'checkpoint':
        this.#snapshot.checkpoint = record.checkpoint;
        break;
      case 'verdict':
        this.#snapshot.verdict = record.verdict;
        break;
      case 'base':
        this.#snapshot.base = record.base;
        break;
      case 'starts':
        this.#snapshot.starts = record.starts;
        break;
      case 'keys':
        this.#keys.push(record.record);
        break;
      case 'start':
        this.#snapshot.start = record.start;
        break;
      case 'segment':
        this.sealed.set(record.number, record.tally);
        break;
    }
  }
}
