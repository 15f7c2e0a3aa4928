import { beforeEach, describe, expect, it } from '@jest/globals';

import { groupIdOf, View } from '../../lib/model/view.js';
import { packChange } from '../../lib/sequence/view-change.js';
import { isSoundFounder, standsWith } from '../../lib/simulation/standing-majority.js';
import type { World } from '../../lib/simulation/world.js';
import type { Journal } from '../programs/journal.js';
import { at } from './checkers/subjects.js';
import { type Process, worldOf } from './world-subjects.js';

/** Views govern from so many instances behind their changes on. */
const BORDER = 10;

let world: World<Journal>;
/** Three founders; neither they nor the others run. */
let a: Process;
let b: Process;
let c: Process;
/** Two spares. */
let d: Process;
let e: Process;
let changes: number;

function begin(recover: boolean): void {
  world = worldOf({ replicas: 3, spares: 2, recover });
  [a, b, c, d, e] = world.processes as [Process, Process, Process, Process, Process];
  changes = 0;
  const founders = [a.id, b.id, c.id];
  const group = groupIdOf(founders, 0);
  const record = { view: new View(0, founders), from: at(0) };
  world.watch.electorate.durable(a.label, [{ kind: 'view', group, borderInstances: BORDER, record }]);
}

beforeEach(() => {
  begin(true);
});

/** A change to these members, which follows the latest view. */
function changeTo(...members: readonly Process[]): [string, Uint8Array] {
  changes += 1;
  const follows = world.watch.electorate.views.length - 1;
  return [`${a.id}v1.${changes}`, packChange({ follows, members: members.map(({ id }) => id) })];
}

function decide(instance: number, ...members: readonly Process[]): void {
  world.watch.electorate.chosen(instance, ...changeTo(...members));
}

function holdAllBelow(instance: number, ...processes: readonly Process[]): void {
  for (const process of processes) world.watch.diskOf(process).watermark = instance;
}

const stand = (...present: readonly Process[]): boolean => standsWith(world, present);

describe('before any change of the members', () => {
  it('a group stands with a majority of its founders, and not with fewer', () => {
    expect(stand(a, c)).toBe(true);
    expect(stand(a)).toBe(false);
  });

  it('a spare stands for no founder', () => {
    expect(stand(a, d, e)).toBe(false);
  });

  it('a founder that has lost its disk, or whose disk is damaged, counts no more', () => {
    c.isLost = true;
    expect(stand(a, c)).toBe(false);
    expect(stand(a, b, c)).toBe(true);
    b.damage.entries.add(at(3));
    expect(stand(a, b, c)).toBe(false);
    b.damage.entries.clear();
    expect(stand(a, b, c)).toBe(true);
  });

  it.each(['isOfVotes', 'isOfCheckpoint'] as const)('a founder is not sound whose damage %s', (damage) => {
    expect(isSoundFounder(a)).toBe(true);
    a.damage[damage] = true;
    expect(isSoundFounder(a)).toBe(false);
  });

  it('a change that is proposed counts already: the group stands with a majority of either', () => {
    world.watch.electorate.proposed(...changeTo(c, d, e));
    expect(stand(a, b, c)).toBe(false);
    expect(stand(c, d, e)).toBe(false);
    expect(stand(a, c, d)).toBe(true);
  });
});

describe('after a change of the members', () => {
  beforeEach(() => {
    decide(0, a, b, d);
  });

  it('a group stands with those of whom most hold everything below the border, and who are most of the latest view', () => {
    expect(stand(a, d)).toBe(false);
    holdAllBelow(BORDER, a);
    expect(stand(a, d)).toBe(false);
    holdAllBelow(BORDER - 1, d);
    expect(stand(a, d)).toBe(false);
    holdAllBelow(BORDER, d);
    expect(stand(a, d)).toBe(true);
  });

  it('it stands with a majority of both views, however little they hold', () => {
    expect(stand(a, b)).toBe(true);
  });

  it('it does not stand with a majority of the former view alone, whatever that holds', () => {
    holdAllBelow(BORDER, a, c);
    expect(stand(a, c)).toBe(false);
  });

  it('it needs nobody of the views before the latest whose members hold everything', () => {
    decide(BORDER, c, e);
    holdAllBelow(2 * BORDER, c, e);
    expect(stand(c, e)).toBe(true);
    expect(stand(a, c, e)).toBe(true);
    expect(stand(a, b, d)).toBe(false);
  });

  it('it needs a majority of each view behind the one from which all is handed on', () => {
    decide(BORDER, b, d, e);
    holdAllBelow(BORDER, a, d);
    expect(stand(a, d)).toBe(false);
    expect(stand(a, d, e)).toBe(true);
  });

  it('it needs a majority of each view that may follow', () => {
    holdAllBelow(BORDER, a, d);
    world.watch.electorate.proposed(...changeTo(c, e));
    expect(stand(a, d, c)).toBe(false);
    expect(stand(a, d, c, e)).toBe(true);
  });

  it('a process does not count whose disk has been put back, or is damaged', () => {
    holdAllBelow(BORDER, a, d);
    d.isPutBack = true;
    expect(stand(a, d)).toBe(false);
    d.isPutBack = false;
    expect(stand(a, d)).toBe(true);
    a.damage.isOfCheckpoint = true;
    expect(stand(a, d)).toBe(false);
  });

  it('a process that has lost its disk counts as the new one that it is, if it comes back', () => {
    holdAllBelow(BORDER, a, d);
    d.isLost = true;
    expect(stand(a, d)).toBe(true);
    begin(false);
    decide(0, a, b, d);
    holdAllBelow(BORDER, a, d);
    d.isLost = true;
    expect(stand(a, d)).toBe(false);
  });
});
