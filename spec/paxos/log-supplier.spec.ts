import { beforeEach, describe, expect, it } from '@jest/globals';

import type { Supply } from '../../lib/consensus/effects.js';
import type { Ledger } from '../../lib/ledger/ledger.js';
import { DamagedLogError } from '../../lib/model/errors.js';
import type { Instance, ProcessId } from '../../lib/model/ids.js';
import { defaults } from '../../lib/model/settings.js';
import { LogSupplier } from '../../lib/paxos/log-supplier.js';
import { at, entryAt } from '../ledger/records.js';
import { ANNA, BERT } from '../support/ids.js';

const READABLE = at(1_000);
const FULL = defaults.catchUpQuestions * defaults.catchUpBytes;

let onTheirWay: Map<ProcessId, number>;
let told: { readonly to: ProcessId; readonly from: Instance; readonly batches: number }[];
let offered: { readonly to: ProcessId; readonly beyond: Instance }[];
let damages: unknown[];
let readsUntil: Instance;
let supplier: LogSupplier;

beforeEach(() => {
  onTheirWay = new Map();
  told = [];
  offered = [];
  damages = [];
  readsUntil = READABLE;
  const ledger = {
    start: at(100),
    *read(from: Instance, to: Instance) {
      for (let i: number = from; i < to; i += 1) {
        if (i >= readsUntil) throw new DamagedLogError(at(i), at(i + 1), 'in a spec');
        yield entryAt(i);
      }
    },
  };
  supplier = new LogSupplier({
    settings: defaults,
    ledger: ledger as unknown as Ledger,
    transport: { bytesOnTheirWay: (to) => onTheirWay.get(to) ?? 0 },
    repair: {
      offer: (to, beyond) => void offered.push({ to, beyond }),
      damaged: (damage) => void damages.push(damage),
    },
    tell: (to, { from, batches }) => void told.push({ to, from, batches: batches.length }),
  });
});

function asks(to: ProcessId, from: number, until: number | null = null): void {
  const supply: Supply = { to, from: at(from), until: until === null ? null : at(until) };
  supplier.supply([supply], READABLE);
}

describe('a process that asks for decisions', () => {
  it('is told so much as one answer holds, and nothing beyond what is durable', () => {
    asks(ANNA, 200, 210);
    asks(ANNA, 990);
    asks(ANNA, 1_000);
    expect(told).toEqual([
      { to: ANNA, from: 200, batches: 10 },
      { to: ANNA, from: 990, batches: 10 },
    ]);
  });

  it('is told of a checkpoint where the log begins later, whatever is on its way', () => {
    onTheirWay.set(ANNA, FULL);
    asks(ANNA, 99);
    expect(offered).toEqual([{ to: ANNA, beyond: 99 }]);
  });

  it('is told what comes before what is damaged, or of a checkpoint', () => {
    readsUntil = at(205);
    asks(ANNA, 205, 210);
    expect(damages).toHaveLength(1);
    expect(told).toEqual([]);
    expect(offered).toEqual([{ to: ANNA, beyond: 205 }]);
  });

  it('waits while enough is on its way to it, and nobody else does', () => {
    onTheirWay.set(ANNA, FULL);
    asks(ANNA, 200, 210);
    asks(BERT, 300, 310);
    expect(told).toEqual([{ to: BERT, from: 300, batches: 10 }]);
    supplier.tick();
    expect(told).toHaveLength(1);
    onTheirWay.set(ANNA, FULL - 1);
    supplier.tick();
    supplier.tick();
    expect(told.slice(1)).toEqual([{ to: ANNA, from: 200, batches: 10 }]);
  });

  it('is told the lowest first when it has waited, and of what it has asked for up to one place only once', () => {
    onTheirWay.set(ANNA, FULL);
    for (const from of [400, 200, 300]) asks(ANNA, from, 450);
    asks(ANNA, 500, 510);
    asks(ANNA, 190, 195);
    onTheirWay.clear();
    supplier.tick();
    expect(told.map(({ from }) => from)).toEqual([190, 200, 500]);
  });

  it('may have asked so often that it has to ask again, which takes no room from others', () => {
    onTheirWay.set(ANNA, FULL);
    onTheirWay.set(BERT, FULL);
    for (let i = 0; i < 300; i += 1) asks(ANNA, 200 + i, 201 + i);
    asks(BERT, 600, 610);
    onTheirWay.clear();
    supplier.tick();
    expect(told.map(({ from }) => from)).toEqual([200, 201, 202, 203, 204, 205, 206, 207, 600]);
  });
});
