import type { Mutant } from './mutant.js';

/** Every batch that is decided is delivered once, in one order, and nobody is told otherwise. */
export const delivery: readonly Mutant[] = [
  {
    name: 'batch-delivered-again',
    file: 'lib/queue/cursor.ts',
    from: 'if (!this.#delivered.admit(batch.id)) return null;',
    to: "if (!this.#delivered.admit(batch.id) && String(batch.id) === '') return null;",
    breaks: 'A batch that is decided at several instances is delivered at the first.',
    needs: 'a batch that is decided twice: a proposer that misses its decision, or a coordinator that dies',
  },
  {
    name: 'earlier-incarnation-delivered',
    file: 'lib/consensus/delivery-table.ts',
    from: 'if (row === undefined || incarnation > row.incarnation) return false;',
    to: 'if (row?.incarnation !== incarnation) return false;',
    breaks: 'A batch of an earlier incarnation than the latest delivered is never delivered.',
    needs: 'a proposer that comes back so soon that batches of two incarnations are under way',
  },
  {
    name: 'overtaken-batch-dropped',
    file: 'lib/consensus/delivery-table.ts',
    from: 'row.beyond.add(parts.sequence);',
    to: 'row.upTo = parts.sequence + 1;',
    breaks: 'A batch that is decided is delivered, even after later ones of its proposer.',
    needs: 'several batches of one proposer in flight',
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
    file: 'lib/queue/driver.ts',
    from: 'const end = Math.min(readable, until ?? readable, after(from, limits.catchUpInstances)) as Instance;',
    to: 'const end = Math.min(until ?? Infinity, after(from, limits.catchUpInstances)) as Instance;',
    breaks: 'A process that is behind gets what was decided.',
    needs: 'votes that come to nothing at a process that is asked',
  },
  {
    name: 'acknowledged-before-chosen',
    file: 'lib/queue/batcher.ts',
    from: 'this.#inFlight.set(id, { tickets: parcel.tickets, bytes: parcel.packedBytes });',
    to: `this.#inFlight.set(id, { tickets: parcel.tickets, bytes: parcel.packedBytes });
    for (const ticket of parcel.tickets) (ticket as { resolve(outcome: unknown): void }).resolve(0);`,
    breaks: 'What is acknowledged has been chosen.',
  },
];
