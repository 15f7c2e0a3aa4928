import { RoundTrips } from '../../lib/consensus/round-trips.js';
import type { ProcessId } from '../../lib/model/ids.js';
import { defaults } from '../../lib/model/settings.js';
import { NO_STARTS, type Nonce, type Start, type StartsRecord } from '../../lib/model/start.js';
import { View } from '../../lib/model/view.js';
import { Clones } from '../../lib/paxos/clones.js';
import { Starts } from '../../lib/paxos/starts.js';
import type { StartMessage } from '../../lib/paxos/wire/start-messages.js';
import type { QueueEventOf } from '../../lib/queue/events.js';
import { EVERYONE } from '../../lib/transport/transport.js';
import { idOf } from '../support/ids.js';

const ids = [1, 2, 3, 4, 5].map(idOf);
export const ID_1 = idOf(1);
export const ID_2 = idOf(2);
/** No member of any group here. */
export const ID_6 = idOf(6);

let nonces = 0;

export function newNonce(): Nonce {
  nonces += 1;
  return nonces.toString(16).padStart(32, '0') as Nonce;
}

export interface Letter {
  readonly from: Member;
  readonly start: Start;
  readonly to: ProcessId | typeof EVERYONE;
  readonly message: StartMessage;
}

/** One process: its directory, and while it runs its `Starts`. What it writes is durable at once unless its disk is slow. */
export class Member {
  directory: StartsRecord = NO_STARTS;
  starts: Starts | null = null;
  isAdmitted = false;
  hasLostVotes = false;
  hasSlowDisk = false;
  /** What it was told of copied directories since it was last started. */
  told: QueueEventOf<'cloned'>[] = [];
  /** How often this process has waited for its disk. */
  writes = 0;

  constructor(
    readonly id: ProcessId,
    readonly group: Members,
    /** The views whose members vote, as it knows. */
    public views: readonly View[],
  ) {}

  get start(): Start {
    return this.directory.own.at(-1) ?? { incarnation: 0, nonce: newNonce() };
  }

  begin(): void {
    const start = { incarnation: this.start.incarnation + 1, nonce: newNonce() };
    this.directory = { ...this.directory, own: [...this.directory.own, start].slice(-16) };
    this.isAdmitted = this.hasLostVotes = false;
    this.told = [];
    this.starts = new Starts({
      settings: defaults,
      roundTrips: new RoundTrips(this.id, defaults),
      self: this.id,
      past: this.directory,
      views: () => this.views,
      mayCount: (process) => this.views.some((view) => view.has(process)),
      send: (to, message) => this.group.letters.push({ from: this, start, to, message }),
      write: (record, done) => {
        this.writes += 1;
        if (this.hasSlowDisk) return;
        this.directory = record() ?? this.directory;
        done();
      },
      clones: new Clones({
        transport: { addressOf: (_, heard) => this.group.addressOf(heard) },
        notify: (event) => this.told.push(event),
      }),
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

export class Members {
  readonly members: Member[];
  letters: Letter[] = [];

  /** Processes, and which of them are the members as all of them know at first. Default: all. */
  constructor(n: number, members: readonly ProcessId[] = ids.slice(0, n)) {
    this.members = ids.slice(0, n).map((id) => new Member(id, this, [new View(0, members)]));
  }

  /** From now on a process knows these views, of which the last is the latest. */
  knows(number: number, ...views: readonly View[]): void {
    const member = this.member(number);
    member.views = views;
    const latest = views.at(-1);
    if (latest !== undefined) member.starts?.changed(latest);
  }

  /** Where a start is heard. */
  addressOf(start: Start | undefined): string | null {
    return start === undefined ? null : `at ${start.nonce}`;
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
      for (const letter of letters) this.#deliver(letter);
    }
  }

  /** One of the letters that are on their way arrives, out of turn. */
  settleOne(pick: number): void {
    const [letter] = this.letters.splice(pick % Math.max(1, this.letters.length), 1);
    if (letter !== undefined) this.#deliver(letter);
  }

  #deliver({ from, start, to, message }: Letter): void {
    for (const member of this.members)
      if (member !== from && (to === EVERYONE || to === member.id)) member.starts?.receive(from.id, start, message);
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

/** A group of `n` whose members have all been started. */
export function started(n: number): Members {
  const group = new Members(n);
  group.begin(...group.members.map((_, i) => i + 1));
  group.settle();
  return group;
}
