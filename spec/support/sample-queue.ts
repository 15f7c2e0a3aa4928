import type { MachineQueue } from '../../lib/machine/machine-queue.js';
import { TreplicaError } from '../../lib/model/errors.js';
import type { Position, ProcessId } from '../../lib/model/ids.js';
import type { StateHolder } from '../../lib/queue/state-holder.js';

/** The queue of a group that consists of one process, in memory; it can lose its majority. */
export class SampleQueue implements MachineQueue {
  hasMajority = true;
  time = Date.parse('2025-06-01T12:00:00Z');
  private holder: StateHolder | undefined;
  private position = 0;
  private isClosed = false;
  private readonly unordered: unknown[] = [];

  submit(message: Uint8Array, ticket: unknown): undefined {
    if (this.isClosed) throw new TreplicaError('QUEUE_CLOSED', 'The queue is closed.');
    if (!this.hasMajority) {
      this.unordered.push(ticket);
      return;
    }
    this.holder?.deliver({
      position: this.position++ as Position,
      origin: '0123456789abcdef' as ProcessId,
      proposedAtMs: this.time,
      messages: [Buffer.from(message)],
      tickets: [ticket],
    });
  }

  async bind(holder: StateHolder): Promise<void> {
    this.holder = holder;
  }

  async sync(): Promise<void> {
    if (!this.hasMajority) await new Promise(() => {});
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.holder?.stopped(this.unordered.splice(0), null);
  }
}
