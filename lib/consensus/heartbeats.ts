import type { ProcessId } from '../model/ids.js';
import type { View } from '../model/view.js';
import type { Coordinator } from './coordinator.js';
import { EVERYONE } from './messages.js';
import type { Shared } from './shared.js';

/** What a coordinator says of itself all the time: that it is there, what is decided, and the time of the group. */
export class Heartbeats {
  readonly #shared: Shared;
  readonly #coordinator: Coordinator;

  constructor(shared: Shared, coordinator: Coordinator) {
    this.#shared = shared;
    this.#coordinator = coordinator;
  }

  /** Another clock counts. Proposers wait for the first time that is published. */
  onClock(): void {
    const { clock, views } = this.#shared;
    const isFirst = this.#coordinator.ballot !== null && !clock.isKnown && clock.hasHeardAll(views.current);
    if (isFirst) this.send(EVERYONE);
  }

  /** At a tick of this number, in which `view` is the current one. */
  tick(ticks: number, view: View): void {
    const { clock, outbox, settings } = this.#shared;
    if (ticks % settings.heartbeatTicks === 0) this.send(EVERYONE);
    if (ticks % settings.strayClockTicks !== 0) return;
    for (const stray of clock.strayClocks(view)) outbox.notice({ kind: 'clock-strays', ...stray });
  }

  /** Nothing where this process does not coordinate. */
  send(to: ProcessId | typeof EVERYONE): void {
    const { ballot, anyFrom } = this.#coordinator;
    if (ballot === null) return;
    const { self, log, clock, outbox, views, completion } = this.#shared;
    const timeMs = clock.publish(views.current);
    const { first: watermark, durable } = log;
    completion.judge(self, durable);
    const { number: complete } = completion;
    outbox.send(to, { kind: 'heartbeat', ballot, watermark, durable, anyFrom, complete, timeMs });
  }
}
