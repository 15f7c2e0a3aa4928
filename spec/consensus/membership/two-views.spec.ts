import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { CollisionRecovery } from '../../../lib/consensus/collision-recovery.js';
import { Fetcher } from '../../../lib/consensus/fetcher.js';
import { Learner } from '../../../lib/consensus/learner.js';
import type { Mode } from '../../../lib/consensus/mode.js';
import { baseOf, Preparation } from '../../../lib/consensus/preparation.js';
import { Reads } from '../../../lib/consensus/reads.js';
import type { Shared } from '../../../lib/consensus/shared.js';
import { ballotOf, classicStepOf } from '../../../lib/model/ballot.js';
import { type BatchId, NO_OP_ID } from '../../../lib/model/batch.js';
import { constants } from '../../../lib/model/constants.js';
import type { Instance, ProcessId } from '../../../lib/model/ids.js';
import { View, type ViewRecord } from '../../../lib/model/view.js';
import { CoreGroup } from '../../support/core-group.js';
import { sharedOf } from '../../support/core-shared.js';
import { idOf } from '../../support/ids.js';

const BORDER = 10;
const [P1, P2, P3, P4, P5, P6, P7] = [idOf(1), idOf(2), idOf(3), idOf(4), idOf(5), idOf(6), idOf(7)];
const FIRST: ViewRecord = { view: new View(0, [P1, P2, P3]), from: at(0) };
const SECOND: ViewRecord = { view: new View(1, [P3, P4, P5, P6, P7]), from: at(BORDER) };
const EVERYBODY = [...new Set([...FIRST.view.members, ...SECOND.view.members])];

function at(instance: number): Instance {
  return instance as Instance;
}

/** As it is for the instance on either side of the border, whatever the code asks. */
function viewAt(instance: number): View {
  return instance < BORDER ? FIRST.view : SECOND.view;
}

const instances = fc.integer({ min: 0, max: 2 * BORDER });
const someProcesses = fc.uniqueArray(fc.constantFrom(...EVERYBODY));

let shared: Shared;
beforeEach(() => {
  shared = sharedOf(P3, FIRST, SECOND);
});

describe('with a second view from an instance on', () => {
  it('the current view is the one that governs the watermark, the latest the second', () => {
    expect([shared.views.current, shared.views.latest]).toEqual([FIRST.view, SECOND.view]);
    shared.log.jump(at(BORDER - 1));
    expect(shared.views.current).toBe(FIRST.view);
    shared.log.jump(at(BORDER));
    expect([shared.views.current, shared.views.latest]).toEqual([SECOND.view, SECOND.view]);
    expect([shared.views.isMember(P1), shared.views.isMember(P4)]).toEqual([false, true]);
  });

  it('a checkpoint has the second view if it ends behind the instance that decided it, α before the border', () => {
    const second: ViewRecord = { ...SECOND, from: at(constants.borderInstances + 5) };
    shared = sharedOf(P3, FIRST, second);
    for (const [next, views] of [
      [0, [FIRST]],
      [5, [FIRST]],
      [6, [FIRST, second]],
      [constants.borderInstances + 6, [FIRST, second]],
    ] as const)
      expect(shared.views.decidedBelow(at(next))).toEqual(views);
  });

  it.each(['classic', 'fast'] as const)('votes in a %s ballot choose by the members and quorum of the view', (kind) => {
    const ballot = ballotOf(1, P3, kind);
    fc.assert(
      fc.property(instances, someProcesses, (instance, voters) => {
        shared = sharedOf(P3, FIRST, SECOND);
        const learner = new Learner(shared, new Fetcher(shared), () => {});
        const items = [{ instance: at(instance), id: NO_OP_ID }];
        for (const voter of voters) learner.onAccepted(voter, { kind: 'accepted', ballot, watermark: at(0), items });
        const view = viewAt(instance);
        const isChosen = voters.filter((voter) => view.has(voter)).length >= view.quorum(kind);
        const isDecided = shared.log.first > instance || shared.log.find(at(instance))?.decided === NO_OP_ID;
        expect(isDecided).toBe(isChosen);
      }),
    );
  });

  it('a collision is recovered with reports of a majority of the view', () => {
    const ballot = ballotOf(1, P3, 'fast');
    fc.assert(
      fc.property(instances, fc.shuffledSubarray(EVERYBODY), (instance, answering) => {
        shared = sharedOf(P3, FIRST, SECOND);
        const recovery = new CollisionRecovery(shared, ballot);
        shared.log.note(at(instance));
        for (let ticks = 0; !shared.outbox.take(at(0), false).messages.some(isInquiryAt(instance)); ticks += 1) {
          if (ticks > 1_000) throw new Error('nobody is asked');
          recovery.tick(at(0), true, () => false);
        }
        const report = { kind: 'report', ballot: classicStepOf(ballot), instance: at(instance), vote: null } as const;
        const picks = answering.map((process) => recovery.onReport(process, report));
        const view = viewAt(instance);
        let counted = 0;
        const due = answering.map((process) => view.has(process) && (counted += 1) >= view.classicQuorum);
        expect(picks.map((id) => id !== null)).toEqual(due);
      }),
    );
  });

  it('phase 1 takes a majority of each view that governs what its promises leave open', () => {
    const ballot = ballotOf(1, P3, 'classic');
    fc.assert(
      fc.property(instances, someProcesses, (watermark, promising) => {
        shared = sharedOf(P3, FIRST, SECOND);
        const preparation = new Preparation(ballot, shared, false);
        for (const process of promising) {
          const parts = { from: at(0), until: null, votes: [], watermark: at(watermark) };
          preparation.onPromise(process, { kind: 'promise', ballot, ...parts });
        }
        const has = ({ members, classicQuorum }: View) =>
          members.filter((member) => promising.includes(member)).length >= classicQuorum;
        const isEnough = has(SECOND.view) && (watermark >= BORDER || has(FIRST.view));
        const { quorums } = preparation;
        expect(quorums !== null).toBe(isEnough);
        if (quorums !== null) expect(baseOf(quorums, at(0))).toBe(watermark);
      }),
    );
  });
});

function isInquiryAt(instance: number) {
  return ({ message }: { readonly message: object }) =>
    'instance' in message && 'kind' in message && message.kind === 'inquire' && message.instance === instance;
}

describe('a read with a second view from an instance on', () => {
  let reads: Reads;
  let round: number;
  beforeEach(() => {
    reads = new Reads(shared, 1);
    round = 0;
    reads.read(77);
  });

  function answers(until: number, ...processes: readonly ProcessId[]): void {
    for (const process of processes)
      reads.onAnswer(process, { kind: 'answer', incarnation: 1, round, until: at(until) });
  }

  /** What has happened since the last call: tickets served, and whether it asks. */
  function happened(): { readonly served: readonly number[]; readonly asks: boolean } {
    const { readable, messages } = shared.outbox.take(shared.log.first, false);
    const asked = messages.flatMap(({ message }) => (message.kind === 'ask' ? [message] : []));
    round = asked.at(-1)?.round ?? round;
    return { served: readable, asks: asked.length > 0 };
  }

  function decidedBelow(instance: number): void {
    shared.log.jump(at(instance));
    reads.onAdvance();
  }

  it('is served where the first instance not waited for is governed by the view whose majority has answered', () => {
    expect(happened()).toEqual({ served: [], asks: true });
    answers(BORDER - 1, P1, P2);
    decidedBelow(BORDER - 2);
    expect(happened()).toEqual({ served: [], asks: false });
    decidedBelow(BORDER + 5);
    expect(happened()).toEqual({ served: [77], asks: false });
  });

  it('asks again where it is not: members of the old view do not know what the new one acknowledges', () => {
    happened();
    answers(BORDER, P1, P2);
    decidedBelow(BORDER);
    expect(happened()).toEqual({ served: [], asks: true });
    answers(BORDER, P1, P2, P3, P4);
    expect(happened().served).toEqual([]);
    answers(BORDER, P5);
    expect(happened().served).toEqual([77]);
  });

  it('asks the members of the current view where those of the old one have gone', () => {
    happened();
    answers(BORDER, P1);
    decidedBelow(BORDER);
    answers(BORDER, P2);
    reads.tick();
    happened();
    answers(BORDER, P4, P5, P6);
    expect(happened().served).toEqual([77]);
  });
});

/** Three, of which the third goes on with two others from the border on; all know of it when they come back. */
function groupWithBorder(mode: Mode): { readonly group: CoreGroup; readonly border: number } {
  const group = new CoreGroup(3, { mode }).found();
  group.join();
  group.join();
  const before = [group.propose(1, 'a'), group.propose(2, 'b')];
  group.runUntil(() => group.everyoneHasDecided(before));
  group.runTicks(50);
  const border = Math.max(...group.live.map(({ core }) => core?.watermark ?? 0)) + 20;
  const numbers = group.processes.map(({ number }) => number);
  const members = [3, 4, 5].map((number) => group.process(number).id);
  group.crash(...numbers);
  for (const { disk } of group.processes) {
    const record = { view: new View(1, members), from: at(border) };
    disk.apply([{ kind: 'view', group: disk.group!, borderInstances: constants.borderInstances, record }]);
  }
  group.restart(...numbers);
  group.sent.length = 0;
  return { group, border };
}

function decide(group: CoreGroup, count: number): void {
  const ids: BatchId[] = [];
  for (let i = 0; i < count; i += 1) {
    ids.push(group.propose(1 + (i % 5), String(i)));
    group.run(5);
  }
  group.runUntil(() => group.everyoneHasDecided(ids));
}

describe.each(['classic', 'fast', 'adaptive'] as const)('a group that knows of a second view (%s)', (mode) => {
  it('goes over the border, and at each instance the members of its view alone vote', () => {
    const { group, border } = groupWithBorder(mode);
    decide(group, 60);
    const voters = { before: new Set<number>(), after: new Set<number>() };
    for (const { from, message } of group.sentOf('accepted')) {
      for (const { instance } of message.items) voters[instance < border ? 'before' : 'after'].add(from);
    }
    expect([[...voters.before].sort(), [...voters.after].sort()]).toEqual([
      [1, 2, 3],
      [3, 4, 5],
    ]);
  });

  it('stands for election in the second view alone', () => {
    const { group } = groupWithBorder(mode);
    decide(group, 1);
    const candidates = new Set(group.sentOf('canvass').map(({ from }) => from));
    expect(candidates.size).toBeGreaterThan(0);
    for (const candidate of candidates) expect([3, 4, 5]).toContain(candidate);
  });

  it('decides nothing before the border without a majority of the first view', () => {
    const { group, border } = groupWithBorder(mode);
    group.crash(1, 2);
    const id = group.propose(4, 'x');
    group.runTicks(500);
    for (const number of [3, 4, 5]) {
      expect(group.hasDecided(number, id)).toBe(false);
      expect(group.process(number).core!.watermark).toBeLessThan(border);
    }
    group.restart(1);
    group.runUntil(() => group.hasDecided(5, id));
  });

  it('needs nobody of the first view beyond the border', () => {
    const { group, border } = groupWithBorder(mode);
    decide(group, 60);
    expect(group.process(5).core!.watermark).toBeGreaterThan(border);
    group.crash(1, 2, 3);
    const id = group.propose(4, 'x');
    group.runUntil(() => group.hasDecided(5, id));
  });
});
