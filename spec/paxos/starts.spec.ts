import { describe, expect, it } from '@jest/globals';

import { batchId } from '../../lib/model/batch.js';
import type { ProcessId } from '../../lib/model/ids.js';
import { defaults } from '../../lib/model/settings.js';
import {
  incarnationOf,
  NO_STARTS,
  type Nonce,
  type Start,
  startNumber,
  type StartsRecord,
} from '../../lib/model/start.js';
import { View } from '../../lib/model/view.js';
import { Starts } from '../../lib/paxos/starts.js';
import type { StartMessage } from '../../lib/paxos/wire/start-messages.js';
import { EVERYONE } from '../../lib/transport/transport.js';

const idOf = (number: number): ProcessId => String(number).padStart(16, '0') as ProcessId;
const ids = [1, 2, 3, 4, 5].map(idOf);
const ID_1 = idOf(1);
const ID_2 = idOf(2);
/** No member of any group here. */
const ID_6 = idOf(6);

let nonces = 0;

function newNonce(): Nonce {
  nonces += 1;
  return nonces.toString(16).padStart(32, '0') as Nonce;
}

interface Letter {
  readonly from: Member;
  readonly start: Start;
  readonly to: ProcessId | typeof EVERYONE;
  readonly message: StartMessage;
}

/** One process: its directory, and while it runs its `Starts`. What it writes is durable at once unless its disk is slow. */
class Member {
  directory: StartsRecord = NO_STARTS;
  starts: Starts | null = null;
  isAdmitted = false;
  hasLostVotes = false;
  hasSlowDisk = false;

  constructor(
    readonly id: ProcessId,
    readonly group: Members,
  ) {}

  get start(): Start {
    return this.directory.own.at(-1) ?? { incarnation: 0, nonce: newNonce() };
  }

  begin(): void {
    const start = { incarnation: this.start.incarnation + 1, nonce: newNonce() };
    this.directory = { ...this.directory, own: [...this.directory.own, start].slice(-16) };
    this.isAdmitted = this.hasLostVotes = false;
    this.starts = new Starts({
      settings: defaults,
      self: this.id,
      past: this.directory,
      view: () => this.group.view,
      send: (to, message) => this.group.letters.push({ from: this, start, to, message }),
      write: (record, done) => {
        if (this.hasSlowDisk) return;
        this.directory = record() ?? this.directory;
        done();
      },
      admitted: () => (this.isAdmitted = true),
      lost: (record) => {
        this.directory = record;
        this.hasLostVotes = true;
      },
    });
    this.starts.begin();
  }

  crash(): void {
    this.starts = null;
  }
}

class Members {
  readonly view: View;
  readonly members: Member[];
  letters: Letter[] = [];

  constructor(n: number) {
    this.view = new View(0, ids.slice(0, n));
    this.members = ids.slice(0, n).map((id) => new Member(id, this));
  }

  member(number: number): Member {
    const member = this.members[number - 1];
    if (member === undefined) throw new Error(`there is no member ${number}`);
    return member;
  }

  begin(...numbers: number[]): void {
    for (const number of numbers) this.member(number).begin();
  }

  crash(...numbers: number[]): void {
    for (const number of numbers) this.member(number).crash();
  }

  /** Everything that is said arrives, until nothing more is, which is soon. */
  settle(): void {
    for (let round = 0; this.letters.length > 0; round += 1) {
      if (round > 10) throw new Error('they ask each other for ever');
      const letters = this.letters;
      this.letters = [];
      for (const { from, start, to, message } of letters)
        for (const member of this.members)
          if (member !== from && (to === EVERYONE || to === member.id)) member.starts?.receive(from.id, start, message);
    }
  }

  runTicks(ticks: number): void {
    for (let tick = 0; tick < ticks; tick += 1) {
      for (const { starts } of this.members) starts?.tick();
      this.settle();
    }
  }

  get admitted(): number[] {
    return this.members.flatMap(({ isAdmitted, starts }, i) => (isAdmitted && starts !== null ? [i + 1] : []));
  }
}

function started(n: number): Members {
  const group = new Members(n);
  group.begin(...group.members.map((_, i) => i + 1));
  group.settle();
  return group;
}

describe('a start is admitted', () => {
  it.each([1, 2, 3, 5])('in one round where all %i are there', (n) => {
    expect(started(n).admitted).toHaveLength(n);
  });

  it('after a group that was all down comes up, and again', () => {
    const group = started(5);
    for (let time = 0; time < 3; time += 1) {
      group.crash(1, 2, 3, 4, 5);
      group.begin(5, 3, 1, 2, 4);
      group.settle();
      expect(group.admitted).toEqual([1, 2, 3, 4, 5]);
    }
  });

  it('with a quorum alone, once the others have had their time', () => {
    const group = started(5);
    group.crash(1, 4, 5);
    group.begin(1);
    group.settle();
    expect(group.admitted).toEqual([2, 3]);
    group.runTicks(defaults.startTicks + 2);
    expect(group.admitted).toEqual([1, 2, 3]);
  });

  it('never without one', () => {
    const group = started(5);
    group.crash(1, 3, 4, 5);
    group.begin(1);
    group.runTicks(1_000);
    expect(group.admitted).toEqual([2]);
    group.begin(3);
    group.runTicks(defaults.retryTicksMax + defaults.startTicks + 2);
    expect(group.admitted).toEqual([1, 2, 3]);
  });
});

describe('those who are not admitted ask each other no faster than they wait,', () => {
  it('members whose disks are slow', () => {
    const group = new Members(3);
    for (const member of group.members) member.hasSlowDisk = true;
    group.begin(1, 2, 3);
    group.settle();
    expect(group.admitted).toEqual([]);
  });

  it('processes without a vote', () => {
    const group = started(1);
    group.members.push(new Member(ID_2, group), new Member(ID_6, group));
    group.begin(2, 3);
    group.settle();
    expect(group.admitted).toEqual([1]);
  });
});

describe('a directory that was put back', () => {
  /** Member 1 has gone on for so many starts since its directory was copied; now it is started from the copy. */
  function putBack(group: Members, startsSince = 1): Member {
    const victim = group.member(1);
    const copy = victim.directory;
    for (let start = 0; start < startsSince; start += 1) {
      group.crash(1);
      group.begin(1);
      group.runTicks(defaults.startTicks + 2);
    }
    group.crash(1);
    victim.directory = copy;
    return victim;
  }

  it.each([1, 2, 5])('is found before it may vote, %i starts later', (startsSince) => {
    const group = started(3);
    const victim = putBack(group, startsSince);
    group.begin(1);
    group.runTicks(200);
    expect(victim).toMatchObject({ hasLostVotes: true, isAdmitted: false });
    expect(victim.directory.hasLostVotes).toBe(true);
  });

  it('is found by one member that knows, whoever else answers first', () => {
    const group = started(5);
    group.crash(2, 3);
    putBack(group);
    group.crash(4);
    group.begin(2, 3);
    group.settle();
    // 5 is the only one that has met the start which is forgotten; 2 and 3 have asked it.
    group.begin(1);
    group.settle();
    expect(group.member(1).hasLostVotes).toBe(true);
  });

  it('is found by those whom somebody that knew has told, when that one is gone', () => {
    const group = started(5);
    group.crash(2, 3);
    putBack(group);
    group.begin(2, 3);
    group.settle();
    group.crash(4, 5);
    group.begin(1);
    group.runTicks(defaults.startTicks + 2);
    expect(group.member(1).hasLostVotes).toBe(true);
  });

  it('does not pass by being started so often that its incarnation is the higher one', () => {
    const group = started(3);
    putBack(group, 2);
    for (let start = 0; start < 5; start += 1) {
      group.begin(1);
      group.letters = []; // Nobody hears of it.
      group.crash(1);
    }
    group.begin(1);
    group.runTicks(200);
    expect(group.member(1)).toMatchObject({ hasLostVotes: true, isAdmitted: false });
  });

  it('is one half of a fork: what either start says is heard by nobody any more', () => {
    const group = started(3);
    const victim = group.member(1);
    const good = victim.start;
    const copy = { ...victim.directory, own: victim.directory.own.slice(0, -1) };
    victim.directory = copy;
    group.begin(1);
    const bad = victim.start;
    expect(bad.incarnation).toBe(good.incarnation);
    group.settle();
    const { starts } = group.member(2);
    expect(starts?.hears(victim.id, good)).toBe(false);
    expect(starts?.hears(victim.id, bad)).toBe(false);
    // Nor after a restart.
    group.crash(2);
    group.begin(2);
    group.settle();
    expect(group.member(2).starts?.hears(victim.id, good)).toBe(false);
  });
});

describe('what is heard', () => {
  it('of a member is what the start says that has been met, and nothing before', () => {
    const group = started(3);
    const before = group.member(1).start;
    group.crash(1);
    group.begin(1);
    const { starts } = group.member(2);
    const now = group.member(1).start;
    expect(starts?.hears(ID_1, now)).toBe(false);
    group.settle();
    expect(starts?.hears(ID_1, now)).toBe(true);
    expect(starts?.hears(ID_1, before)).toBe(false);
  });

  it('of a member that has not been met makes it be asked, and then heard', () => {
    const group = started(3);
    group.crash(1);
    group.begin(1);
    group.letters = []; // Its question is lost.
    group.member(2).starts?.hears(ID_1, group.member(1).start);
    group.member(2).starts?.tick();
    group.settle();
    expect(group.member(2).starts?.hears(ID_1, group.member(1).start)).toBe(true);
  });

  it('of anybody who has no vote is everything', () => {
    expect(started(3).member(1).starts?.hears(ID_6, { incarnation: 7, nonce: newNonce() })).toBe(true);
  });

  it('of others counts from members alone: nobody else makes a start known, or a member forked', () => {
    const group = started(3);
    const { starts } = group.member(1);
    const unseen = { incarnation: 2, nonce: newNonce() };
    const peers = [ID_1, ID_2].map((process) => ({ process, starts: [unseen], isForked: true }));
    for (const kind of ['start', 'welcome'] as const)
      starts?.receive(
        ID_6,
        { incarnation: 1, nonce: newNonce() },
        { kind, to: group.member(1).start, former: [], peers },
      );
    group.settle();
    expect(group.member(1).hasLostVotes).toBe(false);
    expect(starts?.hears(ID_2, group.member(2).start)).toBe(true);
    starts?.receive(ID_2, group.member(2).start, { kind: 'start', former: [], peers });
    expect(group.member(1).hasLostVotes).toBe(true);
  });

  it('under the own id from another start tells that the directory is in use twice; from a former start it is late', () => {
    const group = started(3);
    const former = group.member(1).start;
    group.crash(1);
    group.begin(1);
    group.settle();
    expect(group.member(1).starts?.hears(ID_1, former)).toBe(false);
    expect(group.member(1).hasLostVotes).toBe(false);
    group.member(1).starts?.hears(ID_1, { incarnation: 2, nonce: newNonce() });
    expect(group.member(1).hasLostVotes).toBe(true);
  });

  it('to be decided under the own id from a start that the directory has not seen tells the same', () => {
    const group = started(3);
    const { starts, start } = group.member(1);
    starts?.decided(batchId(ID_1, startNumber(start), 7));
    starts?.decided(batchId(ID_2, startNumber({ incarnation: 9, nonce: newNonce() }), 7));
    expect(group.member(1).hasLostVotes).toBe(false);
    starts?.decided(batchId(ID_1, startNumber({ ...start, nonce: 'e'.repeat(32) as Nonce }), 7));
    expect(group.member(1).hasLostVotes).toBe(true);
  });
});

describe('the number of a start', () => {
  it('rises with the incarnation whatever the nonces, is safe, and differs where nonces do', () => {
    const low = '0'.repeat(32) as Nonce;
    const high = 'f'.repeat(32) as Nonce;
    expect(startNumber({ incarnation: 7, nonce: high })).toBeLessThan(startNumber({ incarnation: 8, nonce: low }));
    expect(startNumber({ incarnation: 7, nonce: high })).not.toBe(startNumber({ incarnation: 7, nonce: low }));
    const last = startNumber({ incarnation: 2_000_000, nonce: high });
    expect(Number.isSafeInteger(last)).toBe(true);
    expect(incarnationOf(last)).toBe(2_000_000);
  });
});
