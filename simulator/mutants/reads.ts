import type { Mutant } from './mutant.js';

/** A read has seen whatever was acknowledged before the question. */
export const reads: readonly Mutant[] = [
  {
    name: 'read-without-round',
    file: 'lib/consensus/reads.ts',
    from: 'this.#waiting.push(ticket);',
    to: 'return this.#shared.outbox.readable(ticket);',
    breaks: 'A read asks a majority.',
  },
  {
    name: 'read-asks-a-minority',
    file: 'lib/consensus/reads.ts',
    from: 'if (current.answered.size < current.view.classicQuorum) return;',
    to: '',
    breaks: 'A read asks a majority.',
  },
  {
    name: 'read-ignores-votes',
    file: 'lib/consensus/reads.ts',
    from: 'if (slot.vote !== null) until = after(slot.instance);',
    to: '',
    breaks:
      'A process answers a read with the highest instance that it has voted in, not only that it knows to be decided.',
    needs: 'votes that reach one process long before the others',
  },
  {
    name: 'read-served-too-soon',
    file: 'lib/consensus/reads.ts',
    from: 'if (settled === undefined || settled.until > log.first) break;',
    to: 'if (settled === undefined) break;',
    breaks: 'A read is served from a state that has executed everything up to the highest answer.',
  },
  {
    name: 'late-answer-counts',
    file: 'lib/consensus/reads.ts',
    from: 'if (current?.round !== round || incarnation !== this.#incarnation) return;',
    to: 'if (current === null) return;',
    breaks: 'A read counts the answers to its own question.',
    needs: 'answers so late that their receiver asks something else',
    profile: 'duels',
  },
];
