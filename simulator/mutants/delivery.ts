import type { Mutant } from './mutant.js';

/** Every batch that is decided is delivered once, in one order, and nobody is told otherwise. */
export const delivery: readonly Mutant[] = [
  {
    name: 'batch-delivered-again',
    file: 'lib/sequence/delivery-table.ts',
    from: 'if (sequence < row.next || this.#holds(batch.id)) return NOTHING;',
    to: `if (sequence < row.next) return [batch];
    if (this.#held.has(batch.id)) return NOTHING;`,
    breaks: 'A batch that is decided at several instances is delivered once.',
    needs: 'a batch that is decided twice: a proposer that misses its decision, or a coordinator that dies',
  },
  {
    name: 'overtaking-batch-delivered',
    file: 'lib/sequence/delivery-table.ts',
    from: 'if (sequence > row.next) {',
    to: "if (sequence > row.next && String(batch.id) === '') {",
    breaks: 'A batch that is decided before its turn is held until those before it have been delivered.',
    needs: 'several batches of one proposer in flight',
  },
  {
    name: 'overtaking-batch-dropped',
    file: 'lib/sequence/delivery-table.ts',
    from: 'if (this.#mayHold(row.process, batch)) this.#held.set(placeOf(batch.id), { instance, batch });',
    to: 'this.#mayHold(row.process, batch);',
    breaks: 'A batch that is decided before its turn is held until those before it have been delivered.',
    needs: 'several batches of one proposer in flight',
  },
  {
    name: 'held-batches-not-in-checkpoint',
    file: 'lib/sequence/checkpoint-head.ts',
    from: '.list(held, writeHeld)',
    to: '.list(held.slice(0, 0), writeHeld)',
    breaks: 'Checkpoints have the held batches with their bodies.',
    needs: 'a checkpoint that ends while a batch is held, and a process that goes on from it',
    profile: 'absences',
  },
  {
    name: 'horizon-stays',
    file: 'lib/sequence/delivery-table.ts',
    from: 'this.#horizon = laterOf(this.#horizon, after(quietest.last));',
    to: 'laterOf(this.#horizon, after(quietest.last));',
    breaks: 'When a row is dropped the horizon rises above its last instance.',
    needs: 'a table that knows few processes, and a batch that is decided twice',
  },
  {
    name: 'forgotten-process-goes-on',
    file: 'lib/paxos/proposals.ts',
    from: 'if (!delivery.front.isForgotten(batcher.series)) return;',
    to: "if (!delivery.front.isForgotten(batcher.series) || String(batcher.series.process) !== '') return;",
    breaks: 'A process whose series was forgotten begins another.',
    needs: 'a table that knows few processes',
  },
  {
    name: 'gap-skipped',
    file: 'lib/consensus/learner.ts',
    from: 'if (slot === undefined || slot.decided === null) return;',
    to: `if (slot === undefined) return;
      if (slot.decided === null) {
        log.advance();
        continue;
      }`,
    breaks: 'Decisions come without gaps.',
  },
  {
    name: 'undecided-told-as-decided',
    file: 'lib/paxos/log-supplier.ts',
    from: 'const end = Math.min(readable, until ?? readable, after(from, settings.catchUpInstances)) as Instance;',
    to: 'const end = Math.min(until ?? Infinity, after(from, settings.catchUpInstances)) as Instance;',
    breaks: 'A process that is behind gets the decided batches.',
    needs: 'votes that come to nothing at a process that is asked',
  },
  {
    name: 'acknowledged-before-chosen',
    file: 'lib/paxos/batcher.ts',
    from: 'this.#inFlight.set(id, { tickets: parcel.tickets, bytes: parcel.packedBytes, body });',
    to: `this.#inFlight.set(id, { tickets: parcel.tickets, bytes: parcel.packedBytes, body });
    for (const ticket of parcel.tickets) (ticket as { resolve(outcome: unknown): void }).resolve(0);`,
    breaks: 'An acknowledged operation has been chosen.',
  },
  {
    name: 'system-operation-of-origin-alone',
    file: 'lib/machine/replica.ts',
    from: 'this.#system.systemOperations += 1;',
    to: 'if (ticket !== undefined) this.#system.systemOperations += 1;',
    breaks: 'A system operation changes the system state of every replica alike.',
    needs: 'system operations',
  },
];
