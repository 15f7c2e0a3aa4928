import { NO_BALLOT } from '../../lib/model/ballot.js';
import { NO_BASE } from '../../lib/model/base.js';
import { constants } from '../../lib/model/constants.js';
import { after, type Instance } from '../../lib/model/ids.js';
import type { KeyRecord } from '../../lib/model/keys.js';
import { type LedgerRecord, type LedgerSnapshot, type LogEntry, NO_FOUNDING } from '../../lib/model/records.js';
import { NO_STARTS } from '../../lib/model/start.js';
import type { ViewRecord } from '../../lib/model/view.js';

/**
 * What a ledger is: the last record of each kind, and of each instance and view, but for what has been cut off the log.
 * Keeps nothing but that, in plain maps.
 */
export class LedgerModel {
  readonly #segmentInstances: number;
  readonly #entries = new Map<Instance, LogEntry>();
  readonly #views = new Map<number, ViewRecord>();
  readonly #keys = new Map<number, KeyRecord>();
  #rest: Pick<
    LedgerSnapshot,
    | 'identity'
    | 'promise'
    | 'watermark'
    | 'founding'
    | 'group'
    | 'borderInstances'
    | 'start'
    | 'checkpoint'
    | 'verdict'
    | 'base'
    | 'starts'
  > = {
    identity: null,
    promise: NO_BALLOT,
    watermark: 0 as Instance,
    founding: NO_FOUNDING,
    group: null,
    borderInstances: null,
    start: 0 as Instance,
    checkpoint: null,
    verdict: null,
    base: NO_BASE,
    starts: NO_STARTS,
  };

  constructor(segmentInstances: number = constants.segmentInstances) {
    this.#segmentInstances = segmentInstances;
  }

  commit(records: readonly LedgerRecord[]): void {
    const { watermark } = this.#rest;
    for (const record of records) this.#take(record);
    const { start, checkpoint } = this.#rest;
    if (checkpoint && checkpoint.next > watermark && checkpoint.next > start) this.#riseTo(checkpoint.next);
    for (const record of records) if (record.kind === 'truncation') this.#truncate(record.keepBytes);
  }

  /** `records` turned into what a core might commit now: no entry below the watermark, which moves over votes only. */
  possible(records: readonly LedgerRecord[]): LedgerRecord[] {
    const { watermark } = this.#rest;
    const shifted = records.map((record) => {
      if (record.kind !== 'entry') return record;
      const instance = Math.min(watermark + record.entry.instance, Number.MAX_SAFE_INTEGER - 1) as Instance;
      return { ...record, entry: { ...record.entry, instance } };
    });
    const entries = new Map(this.#entries);
    for (const record of shifted) if (record.kind === 'entry') entries.set(record.entry.instance, record.entry);
    let end = watermark;
    while (entries.get(end)?.vote) end = after(end);
    return shifted.map((record) =>
      record.kind === 'watermark'
        ? { ...record, watermark: Math.min(watermark + record.watermark, end) as Instance }
        : record,
    );
  }

  snapshot(): LedgerSnapshot {
    const views = [...this.#views.values()].sort((a, b) => a.from - b.from);
    const keys = [...this.#keys.values()].sort((a, b) => a.number - b.number);
    return {
      ...this.#rest,
      views,
      keys,
      entries: this.log().filter((entry) => entry.instance >= this.#rest.watermark),
    };
  }

  log(): LogEntry[] {
    return [...this.#entries.values()].sort((a, b) => a.instance - b.instance);
  }

  #truncate(keepBytes: number): void {
    const segmentEnd = (segment: number) => ((segment + 1) * this.#segmentInstances) as Instance;
    const first = Math.floor(this.#rest.start / this.#segmentInstances);
    for (let segment = first; segment < first + constants.segmentsDroppedMax; segment += 1) {
      if (segmentEnd(segment) > (this.#rest.checkpoint?.next ?? 0)) return;
      if (this.#decidedBytesFrom(segmentEnd(segment)) < keepBytes) return;
      this.#riseTo(segmentEnd(segment));
    }
  }

  #decidedBytesFrom(start: Instance): number {
    const decided = [...this.#entries.values()].filter(
      ({ instance }) => start <= instance && instance < this.#rest.watermark,
    );
    return decided.reduce((sum, { vote }) => sum + (vote?.batch.body.length ?? 0), 0);
  }

  #riseTo(start: Instance): void {
    this.#rest = { ...this.#rest, start };
    for (const instance of [...this.#entries.keys()]) if (instance < start) this.#entries.delete(instance);
  }

  #take(record: LedgerRecord): void {
    switch (record.kind) {
      case 'entry':
      case 'repair':
        this.#entries.set(record.entry.instance, record.entry);
        break;
      case 'view':
        this.#views.set(record.record.view.number, record.record);
        this.#rest = { ...this.#rest, group: record.group, borderInstances: record.borderInstances };
        break;
      case 'keys':
        this.#keys.set(record.record.number, record.record);
        break;
      case 'identity':
        this.#rest = {
          ...this.#rest,
          identity: { process: record.process, incarnation: record.incarnation, founds: record.founds },
        };
        break;
      case 'promise':
        this.#rest = { ...this.#rest, promise: record.ballot };
        break;
      case 'watermark':
        this.#rest = { ...this.#rest, watermark: record.watermark };
        break;
      case 'founding':
        this.#rest = { ...this.#rest, founding: record.founding };
        break;
      case 'checkpoint':
        this.#rest = { ...this.#rest, checkpoint: record.checkpoint };
        break;
      case 'verdict':
        this.#rest = { ...this.#rest, verdict: record.verdict };
        break;
      case 'base':
        this.#rest = { ...this.#rest, base: record.base };
        break;
      case 'starts':
        this.#rest = { ...this.#rest, starts: record.starts };
        break;
      case 'dissolution':
        this.#dissolve();
        break;
      case 'truncation':
        break;
    }
  }

  #dissolve(): void {
    this.#views.clear();
    this.#rest = { ...this.#rest, identity: null, promise: NO_BALLOT, group: null, borderInstances: null };
    for (const [instance] of this.#entries) {
      if (instance >= this.#rest.watermark) this.#entries.set(instance, { instance, promised: NO_BALLOT, vote: null });
    }
  }
}
