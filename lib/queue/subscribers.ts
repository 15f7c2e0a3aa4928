import { types } from 'node:util';

import type { QueueEvent, QueueListener } from './events.js';

interface Subscription {
  readonly listener: QueueListener;
  hasFailed: boolean;
}

/**
 * The listeners of a queue. An error that one of them throws reaches neither the queue nor the others, and is told as
 * an event.
 */
export class Subscribers {
  /** Replaced and never changed, for a listener may subscribe or unsubscribe others while an event is being told. */
  #subscriptions: readonly Subscription[] = [];

  /** Tells `listener` every event from now on, until the returned function is called. */
  subscribe(listener: QueueListener): () => void {
    const subscription: Subscription = { listener, hasFailed: false };
    this.#subscriptions = [...this.#subscriptions, subscription];
    return () => {
      this.#subscriptions = this.#subscriptions.filter((other) => other !== subscription);
    };
  }

  /** Tells everyone, in the order in which they have subscribed. Does not throw. */
  tell(event: QueueEvent): void {
    for (const subscription of this.#subscriptions) this.#tellOne(subscription, event);
  }

  #tellOne(subscription: Subscription, event: QueueEvent): void {
    const { listener } = subscription as { listener: (event: QueueEvent) => unknown };
    try {
      const returned = listener(event);
      if (types.isPromise(returned)) {
        returned.catch((error: unknown) => {
          this.#failed(subscription, error);
        });
      }
    } catch (error) {
      this.#failed(subscription, error);
    }
  }

  /** Each listener's first failure is told, so that two that fail do not tell each other for ever. */
  #failed(failed: Subscription, error: unknown): void {
    if (failed.hasFailed) return;
    failed.hasFailed = true;
    for (const subscription of this.#subscriptions)
      if (subscription !== failed) this.#tellOne(subscription, { kind: 'listener-failed', error });
  }
}
