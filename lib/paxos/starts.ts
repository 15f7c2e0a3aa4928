/**
 * Knows which start of each member is heard, and when this start may vote. A process whose directory was put back to
 * what it was before has forgotten votes; the others remember the start that cast them, which the directory has never
 * seen.
 */
import type { RoundTrips } from '../consensus/round-trips.js';
import { type BatchId, partsOf } from '../model/batch.js';
import type { ProcessId } from '../model/ids.js';
import type { Settings } from '../model/settings.js';
import {
  incarnationOf,
  isOfLineage,
  type PeerStarts,
  sameStart,
  type Start,
  startNumber,
  type StartsRecord,
} from '../model/start.js';
import type { View } from '../model/view.js';
import { EVERYONE } from '../transport/transport.js';
import type { Clones } from './clones.js';
import { KnownStarts, withStart } from './known-starts.js';
import type { StartMessage, StartMessageOf } from './wire/start-messages.js';

export interface StartsOptions {
  readonly settings: Settings;
  readonly roundTrips: Pick<RoundTrips, 'to' | 'toQuorum' | 'toFarthest'>;
  readonly self: ProcessId;
  /** The starts in the ledger; the present start is the last of `own`. */
  readonly past: StartsRecord;
  /** The views whose members vote on what is undecided: one or two, the latest last; none before there is a group. */
  readonly views: () => readonly View[];
  /** Whether votes of this process may still count: it is a member of a view that is not replaced by a complete one. */
  readonly mayCount: (process: ProcessId) => boolean;
  readonly send: (to: ProcessId | typeof EVERYONE, message: StartMessage) => void;
  /** Makes the record that `record` returns durable in the next commit, if it returns one, and then calls `done`. */
  readonly write: (record: () => StartsRecord | null, done: () => void) => void;
  /** Told of every start of a member that is heard to announce itself or to answer, and of what is known of members then. */
  readonly clones: Pick<Clones, 'heard' | 'judge'>;
  /** Called when this start may promise and vote; again if it becomes a member anew. */
  readonly admitted: () => void;
  /** Called once when this process is found to have lost votes, with the record to write. */
  readonly lost: (record: StartsRecord) => void;
}

export class Starts {
  readonly #options: StartsOptions;
  readonly #own: readonly Start[];
  readonly #self: Start;
  /** The beginning of the ids of this start's batches. */
  readonly #prefix: string;
  readonly #peers: KnownStarts;
  /** Starts as the transport hands them over, once they have been compared: this is on the path of every message. */
  readonly #heard = new Map<ProcessId, Start>();
  /** Members that have written down that they have met this start. */
  readonly #welcomes = new Set<ProcessId>();
  /** Members heard in a start that has not been met, and when they were last asked. */
  readonly #strangers = new Map<ProcessId, number>();
  /** When members that asked were asked in return. */
  readonly #askedBack = new Map<ProcessId, number>();
  /** How many changes of `#peers` a write has taken, and how many are durable. */
  #written = 0;
  #durable = 0;
  #isAdmitted = false;
  /** The latest view, as far as it has been told here. */
  #latest: View | null = null;
  #isLost = false;
  #hasBegun = false;
  #ticks = 0;
  #nextAsk = 0;
  #wait: number;
  /** Since when enough members for a quorum have answered. */
  #quorumAt: number | null = null;

  constructor(options: StartsOptions) {
    const { past, self } = options;
    const present = past.own.at(-1);
    if (present === undefined) throw new TypeError('a process that runs has been started');
    this.#options = options;
    this.#wait = options.settings.retryTicks;
    this.#own = past.own;
    this.#self = present;
    this.#prefix = `${self}.${String(startNumber(present))}.`;
    this.#peers = new KnownStarts(past.peers);
  }

  /** There is a group: this start announces itself, and asks for the known earlier starts. */
  begin(): void {
    const latest = this.#options.views().at(-1);
    if (this.#hasBegun || latest === undefined) return;
    this.#hasBegun = true;
    this.#latest = latest;
    this.#judgeClones();
    this.#ask(EVERYONE);
    this.#nextAsk = this.#wait;
    this.#judgeAdmission();
  }

  /**
   * Another view is known. A process that becomes a member by it has to be met by the members as such: those that have answered
   * before had no reason to remember its start.
   */
  changed(latest: View): void {
    const { self, settings } = this.#options;
    const isNew = latest.has(self) && this.#latest?.has(self) !== true;
    this.#latest = latest;
    if (!isNew) return;
    this.#isAdmitted = false;
    this.#quorumAt = null;
    this.#welcomes.clear();
    this.#wait = settings.retryTicks;
    if (!this.#hasBegun) return;
    this.#ask(EVERYONE);
    this.#nextAsk = this.#ticks + this.#wait;
    this.#judgeAdmission();
  }

  /** Whether anything but a `StartMessage` that `from` says in `start` is to be heard. */
  hears(from: ProcessId, start: Start): boolean {
    if (this.#isLost) return false;
    const { self, mayCount } = this.#options;
    if (from === self) {
      this.#judgeOwn([start]);
      return false;
    }
    if (this.#heard.get(from) === start) return true;
    if (this.#peers.hasMet(from, start)) {
      this.#heard.set(from, start);
      return true;
    }
    if (!mayCount(from)) return true; // A process without a vote cannot forget one.
    if (!this.#strangers.has(from)) this.#strangers.set(from, -Infinity);
    return false;
  }

  receive(from: ProcessId, start: Start, message: StartMessage): void {
    const { views, mayCount, clones } = this.#options;
    if (this.#isLost || views().length === 0) return;
    if (from === this.#options.self) {
      this.#judgeOwn([start]);
      return;
    }
    // Only members are believed about others: otherwise any process could make everybody lose its votes.
    if (mayCount(from)) {
      clones.heard(from, start);
      if (this.#peers.meet(from, start, message.former)) this.#heard.delete(from);
      this.#learn(message.peers);
      this.#judgeClones();
    }
    if (message.kind === 'start') {
      this.#welcome(from, start);
    } else {
      this.#onWelcome(from, start, message);
      this.#writeDown(() => undefined);
    }
  }

  tick(): void {
    this.begin();
    if (!this.#hasBegun || this.#isLost) return;
    const { settings, roundTrips } = this.#options;
    this.#ticks += 1;
    for (const [stranger, askedAt] of this.#strangers) {
      if (this.#ticks - askedAt < settings.retryTicks + roundTrips.to(stranger)) continue;
      // It is asked again when it is heard again, and no sooner.
      if (askedAt === -Infinity) {
        this.#ask(stranger);
        this.#strangers.set(stranger, this.#ticks);
      } else this.#strangers.delete(stranger);
    }
    if (!this.#isAdmitted) this.#judgeAdmission();
    if (this.#isAdmitted || this.#ticks < this.#nextAsk + roundTrips.toQuorum) return;
    this.#ask(EVERYONE);
    this.#wait = Math.min(2 * this.#wait, settings.retryTicksMax);
    this.#nextAsk = this.#ticks + this.#wait;
  }

  /** A batch was decided: this process's own name the start that made them. */
  decided(id: BatchId): void {
    if (id.startsWith(this.#prefix) || !id.startsWith(this.#options.self)) return;
    const { incarnation: number } = partsOf(id);
    const [oldest] = this.#own;
    const isOld = oldest !== undefined && incarnationOf(number) < oldest.incarnation;
    if (!isOld && !this.#own.some((own) => startNumber(own) === number)) this.lose();
  }

  /** This process is found to have lost votes, because of these starts under its id where any are known. */
  lose(others: readonly Start[] = []): void {
    if (this.#isLost) return;
    this.#isLost = true;
    if (this.#hasBegun) {
      // Where two starts of this id hear each other first, nobody else may ever meet both: so each of them names the other.
      const { former, peers } = this.#knowledge;
      const own = { process: this.#options.self, starts: others.reduce(withStart, [this.#self]), isForked: true };
      this.#options.send(EVERYONE, { kind: 'start', former, peers: [...peers, own] });
    }
    this.#options.lost(this.#record);
  }

  #judgeClones(): void {
    this.#options.clones.judge(this.#peers.of(this.#options.mayCount));
  }

  get #record(): StartsRecord {
    const { views, mayCount } = this.#options;
    const hasGroup = views().length > 0;
    const peers = this.#peers.of((process) => !hasGroup || mayCount(process));
    return { own: this.#own, peers, hasLostVotes: this.#isLost };
  }

  #ask(to: ProcessId | typeof EVERYONE): void {
    this.#options.send(to, { kind: 'start', ...this.#knowledge });
  }

  get #knowledge(): Pick<StartMessage, 'former' | 'peers'> {
    const views = this.#options.views();
    const peers = this.#peers.of((process) => views.some((view) => view.has(process)));
    return { former: this.#own.slice(0, -1), peers };
  }

  /** A start that asks is answered once the meeting is durable; the answer has the previously known starts. */
  #welcome(to: ProcessId, start: Start): void {
    const { send } = this.#options;
    this.#writeDown(() => {
      const isMet = this.#peers.hasMet(to, start);
      if (!this.#isLost) send(to, { kind: 'welcome', to: start, isMet, ...this.#knowledge });
    });
    this.#askBack(to);
  }

  /** A member that has just started has not heard earlier questions. Two that start at once do not ask in turns. */
  #askBack(to: ProcessId): void {
    if (this.#isAdmitted || !this.#hasBegun || this.#welcomes.has(to) || !this.#options.mayCount(to)) return;
    const { settings, roundTrips } = this.#options;
    if (this.#ticks - (this.#askedBack.get(to) ?? -Infinity) < settings.retryTicks + roundTrips.to(to)) return;
    this.#askedBack.set(to, this.#ticks);
    this.#ask(to);
  }

  #onWelcome(from: ProcessId, start: Start, { to, isMet }: StartMessageOf<'welcome'>): void {
    if (!isMet || this.#isLost || !this.#peers.hasMet(from, start) || !sameStart(to, this.#self)) return;
    this.#welcomes.add(from);
    this.#judgeAdmission();
  }

  /**
   * In each view that this process is a member of, all others have met it; or so many that there is a quorum with this process,
   * and the rest have had their time. Without a quorum nothing could be decided anyhow, so that waiting for one costs nothing.
   */
  #judgeAdmission(): void {
    const { self, views, admitted, settings, roundTrips } = this.#options;
    if (this.#isAdmitted || this.#isLost || !this.#hasBegun) return;
    const own = views().filter((view) => view.has(self));
    const met = (view: View): number => 1 + view.members.filter((member) => this.#welcomes.has(member)).length;
    if (own.length === 0 || own.some((view) => met(view) < view.classicQuorum)) return;
    if (own.some((view) => met(view) < view.size)) {
      this.#quorumAt ??= this.#ticks;
      if (this.#ticks - this.#quorumAt < settings.startTicks + roundTrips.toFarthest) return;
    }
    this.#isAdmitted = true;
    admitted();
  }

  /**
   * The starts that another process has met. For this process itself they show whether its directory has seen all its starts.
   */
  #learn(peers: readonly PeerStarts[]): void {
    const { self, mayCount } = this.#options;
    for (const peer of peers) {
      const { process, starts, isForked } = peer;
      if (process === self) {
        if (isForked) this.lose(starts);
        else this.#judgeOwn(starts);
      } else if (mayCount(process) && this.#peers.learn(peer)) this.#heard.delete(process);
    }
  }

  /** Calls `done` once everything that is known now is durable: at once where it is. */
  #writeDown(done: () => void): void {
    if (this.#durable === this.#peers.changes) {
      done();
      return;
    }
    let taken = this.#peers.changes;
    const record = (): StartsRecord | null => {
      taken = this.#peers.changes;
      if (this.#written === taken) return null;
      this.#written = taken;
      return this.#record;
    };
    this.#options.write(record, () => {
      this.#durable = Math.max(this.#durable, taken);
      done();
    });
  }

  #judgeOwn(starts: readonly Start[]): void {
    if (starts.some((start) => !isOfLineage(start, this.#own))) this.lose(starts);
  }
}
