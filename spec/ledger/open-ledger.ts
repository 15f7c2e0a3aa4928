import { afterEach, beforeEach } from '@jest/globals';

import type { Ledger } from '../../lib/ledger/ledger.js';
import { type LedgerPlace, QUEUE } from './ledger-place.js';

/** The ledger of `QUEUE` that a test works on, and its place. */
export class OpenLedger {
  place!: LedgerPlace;
  ledger!: Ledger;

  async reopen(): Promise<void> {
    await this.ledger.close();
    this.ledger = this.place.open(QUEUE);
  }
}

/** Opens a ledger in an empty place before each test of the suite that calls this; closes it and clears its place after the test. */
export function ledgerOfEachTest(emptyPlace: () => LedgerPlace): OpenLedger {
  const open = new OpenLedger();
  beforeEach(() => {
    open.place = emptyPlace();
    open.ledger = open.place.open(QUEUE);
  });
  afterEach(async () => {
    await open.ledger.close();
    open.place.dispose();
  });
  return open;
}
