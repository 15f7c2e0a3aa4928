import { assert } from '../model/assert.js';
import { constants } from '../model/constants.js';
import type { ProcessId } from '../model/ids.js';
import type { Settings } from '../model/settings.js';
import { classicQuorum, type View } from '../model/view.js';

/**
 * The time of the group: it bounds the stamps of batches, so that one wrong clock changes nothing. The coordinator publishes
 * the median of the members' clocks in its heartbeats; a proposer stamps its own clock, held within `constants.clockBoundMs` of
 * what was published. See docs/protocol.md, "Decided time".
 */
export class GroupClock {
  readonly #self: ProcessId;
  readonly #settings: Settings;
  /** By how much the clock of a member was ahead of this process's clock when it was last heard, in milliseconds. */
  readonly #offsets = new Map<ProcessId, Offset>();
  /** This process's clock at its latest tick, in milliseconds since 1970; null before the first. */
  #nowMs: number | null = null;
  /** The latest time published, by this process or by a coordinator that it has heard; null before the first. */
  #publishedMs: number | null = null;
  /** Ticks since then. */
  #ageTicks = 0;
  #ticks = 0;
  readonly #own: Offset;
  /** Whether it is durable that this process is a member. */
  #counts: boolean;

  constructor(self: ProcessId, isMember: boolean, settings: Settings) {
    this.#settings = settings;
    this.#self = self;
    this.#own = { process: self, ms: 0, heardAt: Infinity };
    this.#counts = isMember;
  }

  /** It is durable that this process is a member: its clock counts from now on. A time thus proves that a majority is. */
  count(): void {
    this.#counts = true;
  }

  /**
   * The clock that `heard` tells: this process's clock at its latest tick; null before the first, and while it does not count.
   */
  get nowMs(): number | null {
    return this.#counts ? this.#nowMs : null;
  }

  /** Whether batches can be stamped: a time has been published. */
  get isKnown(): boolean {
    return this.#publishedMs !== null;
  }

  /** Whether every member has told its clock. */
  hasHeardAll(view: View): boolean {
    return this.nowMs !== null && this.#offsetsOf(view).length === view.size;
  }

  tick(nowMs: number): void {
    const now = Math.max(0, Math.floor(nowMs));
    const jumpMs = this.#nowMs === null ? 0 : now - this.#nowMs - constants.tickMs;
    this.#nowMs = now;
    this.#ageTicks += 1;
    this.#ticks += 1;
    if (Math.abs(jumpMs) > constants.clockBoundMs) this.#jumped(jumpMs);
  }

  /** This process's clock has been set, or the process has slept: its knowledge of the others' clocks is old. */
  #jumped(byMs: number): void {
    for (const offset of this.#offsets.values()) {
      offset.ms -= byMs;
      offset.heardAt = -Infinity;
    }
  }

  /** `member` has told its clock. */
  heard(member: ProcessId, clockMs: number | null, view: View): void {
    if (clockMs === null || this.#nowMs === null || !view.has(member)) return;
    const ms = clockMs - this.#nowMs;
    const known = this.#offsets.get(member);
    if (known === undefined) {
      // Only members of the view are kept, so that those of earlier views do not add up.
      for (const other of this.#offsets.keys()) if (!view.has(other)) this.#offsets.delete(other);
      this.#offsets.set(member, { process: member, ms, heardAt: this.#ticks });
    } else {
      known.ms = ms;
      known.heardAt = this.#ticks;
    }
  }

  /**
   * The coordinator has published a time. One that is ahead of what was published before is followed at once where this
   * process's own clock agrees with it, and otherwise at twice the speed of its ticks.
   */
  follow(timeMs: number | null): void {
    if (timeMs === null) return;
    const isMine = this.#nowMs !== null && Math.abs(timeMs - this.#nowMs) <= constants.clockBoundMs;
    const latest = isMine || this.#publishedMs === null ? timeMs : this.#publishedMs + 2 * this.#elapsedMs;
    this.#published(Math.min(timeMs, latest));
  }

  /**
   * The time that the coordinator publishes now; null before a majority of the members has told its clock. It advances at half
   * to twice the speed of this process's ticks, because a member that falls silent or a new coordinator must not make it jump.
   * It may jump forward to a time at which a majority of the clocks agrees now: the machines have slept.
   */
  publish(view: View): number | null {
    if (this.#nowMs === null || !this.#counts) return this.#publishedMs;
    const offsets = this.#offsetsOf(view);
    if (offsets.length >= classicQuorum(view.size)) {
      const offsetMs = this.#medianOf(offsets, view, this.#nowMs);
      const target = this.#nowMs + offsetMs;
      this.#published(this.#isShared(offsets, offsetMs, view) ? this.#atLeastHalf(target) : this.#limited(target));
    } else if (this.#publishedMs !== null) this.#published(this.#publishedMs + this.#elapsedMs);
    return this.#publishedMs;
  }

  /** Members whose clocks are off the median by more than the bound, as last heard. */
  strayClocks(view: View): { readonly process: ProcessId; readonly offsetMs: number }[] {
    const offsets = this.#offsetsOf(view);
    if (offsets.length < Math.max(2, classicQuorum(view.size)) || this.#nowMs === null) return [];
    const medianMs = this.#medianOf(offsets, view, this.#nowMs);
    return offsets
      .map(({ process, ms }) => ({ process, offsetMs: ms - medianMs }))
      .filter(({ offsetMs }) => Math.abs(offsetMs) > constants.clockBoundMs);
  }

  /** `nowMs`, a reading of this process's clock, held within the bound of the time published. There must be one. */
  stamp(nowMs: number): number {
    assert(this.#publishedMs !== null, 'a process that knows no time of the group stamps nothing', { nowMs });
    const timeMs = this.#publishedMs + this.#elapsedMs;
    return Math.min(Math.max(nowMs, timeMs - constants.clockBoundMs), timeMs + constants.clockBoundMs);
  }

  get #elapsedMs(): number {
    return this.#ageTicks * constants.tickMs;
  }

  #published(timeMs: number): void {
    this.#publishedMs = Math.floor(timeMs);
    this.#ageTicks = 0;
  }

  #atLeastHalf(targetMs: number): number {
    return this.#publishedMs === null ? targetMs : Math.max(targetMs, this.#publishedMs + this.#elapsedMs / 2);
  }

  #limited(targetMs: number): number {
    if (this.#publishedMs === null) return targetMs;
    return Math.min(this.#atLeastHalf(targetMs), this.#publishedMs + 2 * this.#elapsedMs);
  }

  /**
   * The median of all members' offsets, as far as it is known: it lies between what it would be if the clocks that have
   * not been heard were all slow, and if they were all ahead. In between, the time published before is the best guess;
   * without one it is the lower end, for what decided time has once reached it never leaves. `offsets` are a majority's.
   */
  #medianOf(offsets: readonly Offset[], { size }: View, nowMs: number): number {
    const sorted = offsets.map(({ ms }) => ms).sort((a, b) => a - b);
    const unheard = size - sorted.length;
    const lower = sorted[Math.floor((size - 1) / 2) - unheard];
    const upper = sorted[Math.min(Math.floor(size / 2), sorted.length - 1)];
    assert(lower !== undefined && upper !== undefined, 'a median is taken of the clocks of a majority', {
      size,
      sorted,
    });
    if (this.#publishedMs === null) return lower;
    return Math.min(Math.max(this.#publishedMs + this.#elapsedMs - nowMs, lower), upper);
  }

  #offsetsOf(view: View): Offset[] {
    const offsets: Offset[] = [];
    for (const process of view.members) {
      const offset = process === this.#self ? this.#own : this.#offsets.get(process);
      if (offset !== undefined) offsets.push(offset);
    }
    return offsets;
  }

  /** Whether a majority of the members, heard lately, shows the time that is `offsetMs` ahead of this process's clock. */
  #isShared(offsets: readonly Offset[], offsetMs: number, view: View): boolean {
    const near = offsets.filter(
      ({ ms, heardAt }) =>
        this.#ticks - heardAt <= this.#settings.silenceTicks && Math.abs(ms - offsetMs) <= constants.clockBoundMs,
    );
    return near.length >= classicQuorum(view.size);
  }
}

/** How far a member's clock is ahead of this process's. */
interface Offset {
  readonly process: ProcessId;
  ms: number;
  /** The tick of this process at which it was heard. */
  heardAt: number;
}
