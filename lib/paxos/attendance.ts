import type { ProcessId } from '../model/ids.js';
import type { Settings } from '../model/settings.js';
import { classicQuorum } from '../model/view.js';
import type { QueueEventOf } from '../queue/events.js';
import { isTimeToWarn } from './wait-watch.js';
import type { WireMessage } from './wire/routes.js';

/** A process that has been silent for longer is not counted as heard: a second. */
const EXPIRY_TICKS = 100;
/** After this long without a coordinator it is of interest who else is there. */
const LOOKING_TICKS = 20;
/** Processes beyond these are not remembered: forged senders must not fill the memory. */
const PROCESSES_MAX = 64;

/** The events of attendance, which tell which processes are missing for the group to be founded or to work. */
type AttendanceEvent = QueueEventOf<'awaiting-founders' | 'awaiting-place' | 'no-quorum' | 'quorum'>;

export interface AttendanceOptions {
  readonly settings: Settings;
  readonly self: ProcessId;
  readonly replicas: number;
  /** Whether this process may found a group. */
  readonly founds: boolean;
  /** The members of the latest view; null before there is one. */
  readonly members: () => readonly ProcessId[] | null;
  /** Whether this process coordinates, which it does only while a majority answers. */
  readonly coordinates: () => boolean;
  readonly notify: (event: AttendanceEvent) => void;
}

/**
 * Knows which processes of the group are heard. Reports, soon and then repeatedly, that founders or a majority are
 * missing, and which, so that no process waits silently. A group has its majority as long as it has a coordinator,
 * because a coordinator that no majority answers resigns; without one, all present members stand for election and so
 * make themselves heard.
 */
export class Attendance {
  readonly #options: AttendanceOptions;
  readonly #lastHeard = new Map<ProcessId, number>();
  #now = 0;
  #coordinatorHeard = 0;
  /** The group of this address has been founded without this process. */
  #isStranger = false;
  #hasWarned = false;
  /** Whether it matters which processes are present: there is no group yet, or it has no coordinator. */
  #isLooking = true;

  constructor(options: AttendanceOptions) {
    this.#options = options;
  }

  /** A message of the group has come, or one of a process that wants to found one. */
  heard(from: ProcessId, message: WireMessage): void {
    if (message.kind === 'heartbeat') this.#coordinatorHeard = this.#now;
    else if (!this.#isLooking || isNoFounder(message)) return;
    if (this.#lastHeard.size < PROCESSES_MAX || this.#lastHeard.has(from)) this.#lastHeard.set(from, this.#now);
  }

  /** The group has been founded without this process, which waits. */
  cameTooLate(): void {
    this.#isStranger = true;
  }

  tick(): void {
    this.#now += 1;
    const { founds, replicas, members } = this.#options;
    const group = members();
    if (group === null) {
      this.#coordinatorHeard = this.#now;
      if (!isTimeToWarn(this.#now, this.#options.settings)) return;
      if (this.#isStranger) this.#options.notify({ kind: 'awaiting-place' });
      else if (founds) this.#options.notify({ kind: 'awaiting-founders', found: 1 + this.#present.length, replicas });
      return;
    }
    if (this.#options.coordinates()) this.#coordinatorHeard = this.#now;
    this.#isLooking = this.#now - this.#coordinatorHeard >= LOOKING_TICKS;
    if (this.hasQuorum) this.#quorumIsThere(group);
    else if (isTimeToWarn(this.#now - this.#coordinatorHeard, this.#options.settings)) this.#warnOfQuorum(group);
  }

  /** Whether a process coordinates that had a majority not long ago: heard within the last second, or this one. */
  get hasQuorum(): boolean {
    return this.#options.members() !== null && this.#now - this.#coordinatorHeard <= EXPIRY_TICKS;
  }

  #missingOf(members: readonly ProcessId[]): readonly ProcessId[] {
    const present = this.#present;
    return members.filter((member) => member !== this.#options.self && !present.includes(member));
  }

  get #present(): readonly ProcessId[] {
    for (const [process, heard] of this.#lastHeard)
      if (this.#now - heard > EXPIRY_TICKS) this.#lastHeard.delete(process);
    return [...this.#lastHeard.keys()];
  }

  #quorumIsThere(members: readonly ProcessId[]): void {
    if (!this.#hasWarned) return;
    this.#hasWarned = false;
    this.#options.notify({ kind: 'quorum', members: members.length });
  }

  #warnOfQuorum(members: readonly ProcessId[]): void {
    this.#hasWarned = true;
    const missing = this.#missingOf(members);
    const heard = members.length - missing.length;
    const needed = classicQuorum(members.length);
    this.#options.notify({ kind: 'no-quorum', members: members.length, heard, needed, missing });
  }
}

/** Of a process that will not be one of the founders. */
function isNoFounder(message: WireMessage): boolean {
  return message.kind === 'hello' && message.intent === 'join';
}
