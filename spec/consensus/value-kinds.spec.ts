import { describe, expect, it } from '@jest/globals';

import type { BatchId } from '../../lib/model/batch.js';
import type { Instance } from '../../lib/model/ids.js';
import { defaults } from '../../lib/model/settings.js';
import { CoreGroup } from '../support/core-group.js';
import { both, none, of } from '../support/losses.js';

const MODES = ['classic', 'fast'] as const;
const KINDS = ['view', 'engine'] as const;

/** Whether all who live have decided `id`, whether or not it is delivered. */
function isDecided(group: CoreGroup, id: BatchId): boolean {
  return group.live.every((p) => [...p.decided.values()].includes(id));
}

function proposes(group: CoreGroup, ...texts: readonly string[]): void {
  const ids = texts.map((text, i) => group.propose((i % group.n) + 1, text));
  group.runUntil(() => group.everyoneHasDecided(ids));
}

function proposesValue(group: CoreGroup, number: number, kind: (typeof KINDS)[number], which = 0): BatchId {
  const id = group.proposeValue(number, kind, `${kind} ${String(which)}`, which);
  group.runUntil(() => isDecided(group, id));
  return id;
}

describe.each(MODES)('a view change or a value of the engine, in a %s reign,', (mode) => {
  it('is decided and delivered to nobody, and moves nothing of what is', () => {
    const group = new CoreGroup(3, { mode }).found();
    proposes(group, 'a', 'b', 'c');
    for (const kind of KINDS) for (const which of [0, 1]) proposesValue(group, 2, kind, which);
    proposes(group, 'd', 'e', 'f');
    expect(group.delivered(1).sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    const { rows, held } = group.process(1).table.state;
    expect([rows.map(({ next }) => next), held]).toEqual([[2, 2, 2], []]);
  });

  it('is stored by all, and is there after a restart', () => {
    const group = new CoreGroup(3, { mode }).found();
    proposes(group, 'a', 'b', 'c');
    const ids = KINDS.map((kind) => proposesValue(group, 1, kind));
    proposes(group, 'd', 'e', 'f');
    for (const number of [1, 2, 3]) {
      const { log } = group.process(number).disk;
      for (const id of ids) expect([...log.values()].some(({ vote }) => vote?.batch.id === id)).toBe(true);
    }
    group.crash(1, 2, 3);
    group.restart(1, 2, 3);
    proposes(group, 'g', 'h', 'i');
    expect(group.delivered(1)).toHaveLength(9);
    expect(ids.every((id) => isDecided(group, id))).toBe(true);
  });

  it('is supplied to a process that was away, from the log or with a checkpoint', () => {
    for (const cuts of [false, true]) {
      const group = new CoreGroup(3, { mode }).found();
      proposes(group, 'a', 'b', 'c');
      group.crash(3);
      proposes(group, 'd', 'e');
      const id = proposesValue(group, 1, 'view');
      proposes(group, 'f', 'g');
      if (cuts) group.cut(1, 2);
      const later = proposesValue(group, 2, 'engine');
      group.restart(3);
      group.runUntil(() => isDecided(group, id) && isDecided(group, later));
      proposes(group, 'h', 'i', 'j');
      expect(group.delivered(3)).toEqual(group.delivered(1));
      expect(group.process(3).table.state).toEqual(group.process(1).table.state);
    }
  });

  it('is proposed until it is decided, and neither waits for batches of its proposer nor holds them up', () => {
    const group = new CoreGroup(3, { mode }).found();
    const isValue = (m: { readonly message: { readonly kind: string } }) =>
      'batch' in m.message && Buffer.from((m.message.batch as { body: Uint8Array }).body).toString() === 'view 0';
    group.loss = isValue;
    const value = group.proposeValue(3, 'view', 'view 0');
    proposes(group, 'a', 'b', 'c', 'd', 'e', 'f');
    expect(isDecided(group, value)).toBe(false);
    group.loss = both(of('batch', 'propose'), (m) => !isValue(m));
    const late = group.propose(3, 'late');
    group.runUntil(() => isDecided(group, value));
    expect(group.hasDecided(3, late)).toBe(false);
    group.loss = none;
    group.runUntil(() => group.everyoneHasDecided([late]));
    expect(group.delivered(3).slice(-1)).toEqual(['late']);
  });

  it('goes on being proposed where a series is forgotten', () => {
    const group = new CoreGroup(3, { mode, deliveryRowsMax: 1 }).found();
    const first = group.propose(3, 'first');
    group.runUntil(() => group.everyoneHasDecided([first]));
    group.loss = (m) => m.from === 3 && (m.message.kind === 'batch' || m.message.kind === 'propose');
    const value = group.proposeValue(3, 'view', 'view 0');
    for (let i = 0; i < 3; i += 1) {
      const id = group.propose(2, `other ${String(i)}`);
      group.runUntil(() => group.everyoneHasDecided([id]));
    }
    group.loss = none;
    group.propose(3, 'mine');
    group.runUntil(() => isDecided(group, value) && group.delivered(2).includes('mine'));
  });

  it('does not lengthen the time for which a batch is held', () => {
    const group = new CoreGroup(1, { mode }).found();
    proposes(group, 'a');
    const before = group.process(1).table.state;
    for (let i = 0; i < defaults.windowInstances + 1; i += 1) proposesValue(group, 1, 'engine', i);
    const { table, passed } = group.process(1);
    expect([table.state, passed]).toEqual([before, (before.rows[0]!.last + defaults.windowInstances + 2) as Instance]);
  });
});
