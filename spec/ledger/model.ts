import { NO_BALLOT } from '../../lib/model/ballot.js';
import { after, type Instance } from '../../lib/model/ids.js';
import type { LedgerRecord, LedgerSnapshot, LogEntry } from '../../lib/model/records.js';
import type { ViewRecord } from '../../lib/model/view.js';

/** What a ledger is: the last record of each kind, and of each instance and view. Keeps nothing but that, in plain maps. */
export class LedgerModel {
  readonly #entries = new Map<Instance, LogEntry>();
  readonly #views = new Map<number, ViewRecord>();
  #rest: Pick<LedgerSnapshot, 'identity' | 'promise' | 'watermark' | 'founding' | 'group'> = {
    identity: null,
    promise: NO_BALLOT,
    watermark: 0 as Instance,
    founding: { signed: null, refused: [] },
    group: null,
  };

  commit(records: readonly LedgerRecord[]): void {
    for (const record of records) this.#take(record);
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
    return { ...this.#rest, views, entries: this.log().filter((entry) => entry.instance >= this.#rest.watermark) };
  }

  log(): LogEntry[] {
    return [...this.#entries.values()].sort((a, b) => a.instance - b.instance);
  }

  #take(record: LedgerRecord): void {
    switch (record.kind) {
      case 'entry':
        this.#entries.set(record.entry.instance, record.entry);
        break;
      case 'view':
        this.#views.set(record.record.view.number, record.record);
        this.#rest = { ...this.#rest, group: record.group };
        break;
      case 'identity':
        this.#rest = { ...this.#rest, identity: { process: record.process, incarnation: record.incarnation } };
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
    }
  }
}
