import { constants } from '../../model/constants.js';
import type { ProcessId } from '../../model/ids.js';
import type { RoundTripTicks } from '../transport.js';
import type { LaneMessage } from './lane-messages.js';
import type { Peers } from './peers.js';
import { RoundTrip } from './round-trip.js';

export interface RoundTripsOptions {
  readonly peers: Peers;
  readonly tell: (to: ProcessId, message: LaneMessage) => void;
  readonly multicast: (message: LaneMessage) => void;
}

/** The first interval between two probes, which doubles, and the longest: 50 ms and 5 s. */
const PROBE_TICKS = 5;
const PROBE_TICKS_MAX = 500;

/** No round trip is taken for longer: five seconds. An echo that comes later is one of a former start, or has been kept back. */
export const ROUND_TRIP_TICKS_MAX = 500;

/**
 * Measures round trips to the processes of the group. Each multicasts a probe now and then, with its tick, and the others
 * answer each with that tick. Every probe has a number of its own, so that no answer is taken for that to another one. Ticks
 * do not pass while a process stands still: its own pauses do not count.
 */
export class RoundTrips {
  readonly #options: RoundTripsOptions;
  readonly #byProcess = new Map<ProcessId, { readonly roundTrip: RoundTrip; echoedAt: number }>();
  /** Since these were last taken, they have changed. */
  readonly #changed = new Set<ProcessId>();
  #nextAt = 0;
  #wait = PROBE_TICKS;

  constructor(options: RoundTripsOptions) {
    this.#options = options;
  }

  tick(): void {
    const { peers, multicast } = this.#options;
    if (peers.nowTick < this.#nextAt) return;
    multicast({ kind: 'probe', tick: peers.nowTick % 2 ** 32 });
    this.#nextAt = peers.nowTick + this.#wait;
    this.#wait = Math.min(2 * this.#wait, PROBE_TICKS_MAX);
  }

  onProbe(from: ProcessId, tick: number): void {
    this.#options.tell(from, { kind: 'echo', tick });
    if (this.#byProcess.has(from)) return;
    this.#of(from);
    this.#hurry();
  }

  /** It may come twice, and late. */
  onEcho(from: ProcessId, tick: number): void {
    const { nowTick } = this.#options.peers;
    const ticks = (nowTick - tick + 2 ** 32) % 2 ** 32;
    if (ticks >= ROUND_TRIP_TICKS_MAX || ticks > nowTick) return;
    const measured = this.#of(from);
    if (nowTick - ticks <= measured.echoedAt) return;
    measured.echoedAt = nowTick - ticks;
    const before = measured.roundTrip.ticks;
    // A tick that has begun counts as a whole one where there has been another.
    measured.roundTrip.measured(ticks === 0 ? 0 : ticks + 1);
    if (measured.roundTrip.ticks !== before) this.#changed.add(from);
  }

  take(): RoundTripTicks[] {
    if (this.#changed.size === 0) return [];
    const taken = [...this.#changed].map((process) => ({ process, ticks: this.to(process) }));
    this.#changed.clear();
    return taken;
  }

  /** How long a message to a process and the answer take, as far as is known. */
  to(process: ProcessId): number {
    return Math.min(this.#byProcess.get(process)?.roundTrip.ticks ?? 0, ROUND_TRIP_TICKS_MAX);
  }

  /** Another process is here: it is measured soon. */
  #hurry(): void {
    this.#wait = PROBE_TICKS;
    this.#nextAt = Math.min(this.#nextAt, this.#options.peers.nowTick + PROBE_TICKS);
  }

  #of(process: ProcessId) {
    let known = this.#byProcess.get(process);
    if (known === undefined) {
      if (this.#byProcess.size >= constants.peersMax) this.#forget();
      known = { roundTrip: new RoundTrip(), echoedAt: -Infinity };
      this.#byProcess.set(process, known);
    }
    return known;
  }

  #forget(): void {
    for (const process of this.#byProcess.keys())
      if (this.#options.peers.find(process) === undefined) this.#byProcess.delete(process);
  }
}
