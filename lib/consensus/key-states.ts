import type { Batch } from '../model/batch.js';
import type { Instance } from '../model/ids.js';
import { FIRST_KEY_STATE, type KeyRecord, type KeyState } from '../model/keys.js';
import { keysAfter, unpackKeyChange } from '../sequence/key-change.js';
import type { Outbox } from './outbox.js';

/** What the sequence says of the group's keys. */
export interface GroupKeyStates {
  /** By what is known to be decided. */
  readonly latest: KeyState;
  /** The states that are decided below `next`, ascending: a checkpoint that ends there has them. */
  decidedBelow(next: Instance): readonly KeyRecord[];
}

/** The states of the group's keys: those that the ledger holds, and those that are decided here. */
export class KeyStates implements GroupKeyStates {
  readonly #records: KeyRecord[];
  readonly #outbox: Outbox;

  constructor(records: readonly KeyRecord[], outbox: Outbox) {
    this.#records = [...records];
    this.#outbox = outbox;
  }

  get latest(): KeyState {
    return this.#records.at(-1) ?? FIRST_KEY_STATE;
  }

  decidedBelow(next: Instance): readonly KeyRecord[] {
    return this.#records.filter(({ decidedAt }) => decidedAt < next);
  }

  /**
   * A value of the engine is decided. If it changes the keys, the state is recorded in the commit that makes the entry and the
   * watermark durable, so that a ledger has exactly the states that are decided below its watermark.
   */
  decide(decidedAt: Instance, { body }: Batch): void {
    const change = unpackKeyChange(body);
    const made = change === null ? null : keysAfter(change, this.latest);
    if (made !== null) this.#add({ ...made, decidedAt });
    else this.#outbox.notice({ kind: 'keys-void', state: this.latest });
  }

  /** A checkpoint from which this process goes on brings the states that are decided below its end. */
  adopt(records: readonly KeyRecord[]): void {
    const { number } = this.latest;
    for (const record of records) if (record.number > number) this.#add(record);
  }

  #add(record: KeyRecord): void {
    this.#records.push(record);
    this.#outbox.persist({ kind: 'keys', record });
    this.#outbox.notice({ kind: 'keys', state: record });
  }
}
