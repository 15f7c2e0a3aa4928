import { unreachable } from '../model/assert.js';
import type { Ballot } from '../model/ballot.js';
import { type Batch, processOf } from '../model/batch.js';
import { constants } from '../model/constants.js';
import type { Instance, ProcessId } from '../model/ids.js';
import type { Leadership } from './leadership.js';
import type { CoreMessage, MessageOf } from './messages.js';
import { isPartOfPromise } from './preparation.js';
import type { Shared } from './shared.js';

/**
 * Tells which messages are heard, and from which processes: it judges before anything depends on a message. See
 * docs/protocol.md, "What is heard".
 */
export class Credibility {
  readonly #shared: Shared;
  readonly #leadership: Leadership;

  constructor(shared: Shared, leadership: Leadership) {
    this.#shared = shared;
    this.#leadership = leadership;
  }

  /** Whether a message may be heard at all: one that no honest process sends is counted and dropped. */
  admits(from: ProcessId, message: CoreMessage): boolean {
    if (from === this.#shared.self) return true;
    switch (message.kind) {
      case 'heard':
        return this.#isNear(from, message.watermark) && this.#holdsWhatItKnows(from, message);
      case 'decided':
        return this.#isNear(from, message.watermark);
      case 'accepted':
        return this.#isNear(from, message.watermark) && this.#leadership.admits(from, message.ballot);
      case 'promise':
        if (isPartOfPromise(message, this.#shared.views.borderInstances))
          return this.#isNear(from, message.watermark) && this.#leadership.admits(from, message.ballot);
        this.#shared.refusals.count(from, 'against the protocol');
        return false;
      case 'refusal':
        // A process without a vote may know of a higher reign too; a member that has promised it says so.
        // Its coordinator may have been removed meanwhile: only the number counts.
        return this.#shared.views.hears(from) && this.#leadership.admitsReign(from, message.promised);
      case 'heartbeat':
        return (
          this.#isNear(from, message.watermark) &&
          this.#holdsWhatItKnows(from, message) &&
          this.#isOfCoordinator(from, message.ballot)
        );
      case 'prepare':
      case 'inquire':
      case 'any':
      case 'accept':
        return this.#isOfCoordinator(from, message.ballot);
      case 'report':
      case 'propose':
        return this.#leadership.admits(from, message.ballot);
      case 'canvass':
      case 'concur':
      case 'batch':
      case 'pending':
      case 'fetch':
      case 'catch-up':
      case 'ask':
      case 'answer':
      case 'fill':
        return true;
      default:
        return unreachable(message);
    }
  }

  #isNear(from: ProcessId, watermark: Instance): boolean {
    if (watermark - this.#shared.log.first <= constants.watermarkLeadMax) return true;
    this.#shared.refusals.count(from, 'number beyond reason');
    return false;
  }

  #holdsWhatItKnows(from: ProcessId, { watermark, durable }: MessageOf<'heard' | 'heartbeat'>): boolean {
    if (durable <= watermark) return true;
    this.#shared.refusals.count(from, 'against the protocol');
    return false;
  }

  #isOfCoordinator(from: ProcessId, ballot: Ballot): boolean {
    if (from === ballot.coordinator) return this.#leadership.admits(from, ballot);
    this.#shared.refusals.count(from, 'against the protocol');
    return false;
  }

  /** Nobody proposes for another process: its numbers are its own to give. */
  isOwnBatch(from: ProcessId, { id }: Batch): boolean {
    if (processOf(id) === from) return true;
    // A late answer from a member that was asked is legitimate.
    if (!this.#shared.views.hears(from)) this.#shared.refusals.count(from, 'batch of another');
    return false;
  }

  /** Checked before anything rests on it: a vote, a place in the pool. */
  isSound(from: ProcessId, batch: Batch): boolean {
    const { self, isSound, refusals } = this.#shared;
    if (from === self || isSound(batch)) return true;
    refusals.count(from, 'unsound batch');
    return false;
  }
}
