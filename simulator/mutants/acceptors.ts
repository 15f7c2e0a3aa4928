import type { Mutant } from './mutant.js';

/** An acceptor votes in no ballot below its promise, and once in each. */
export const acceptors: readonly Mutant[] = [
  {
    name: 'promise-ignored',
    file: 'lib/consensus/acceptor.ts',
    from: 'if (compareBallots(ballot, this.#promised) >= 0) return true;',
    to: 'return true;',
    breaks: 'An acceptor votes for what a coordinator proposes if it has promised nothing higher.',
    needs: 'accepts so late that another reign has begun',
    profile: 'duels',
  },
  {
    name: 'promise-ignored-by-awaited-vote',
    file: 'lib/consensus/acceptor.ts',
    from: 'if (awaited?.id !== batch.id || compareBallots(awaited.ballot, this.#promised) < 0) return;',
    to: 'if (awaited?.id !== batch.id) return;',
    breaks: 'An acceptor that lacked the batch votes when it comes, if it has promised nothing higher by then.',
    needs: 'an accept without its batch, and another reign before the batch comes',
    profile: 'sluggish',
  },
  {
    name: 'promise-ignored-by-proposal',
    file: 'lib/consensus/acceptor.ts',
    from: 'if (compareBallots(ballot, this.#promised) < 0) {',
    to: `const late = compareBallots(ballot, this.#promised) < 0 ? this.#votable(instance, ballot) : null;
    if (late?.vote === null) return this.#vote(late, ballot, batch);
    if (compareBallots(ballot, this.#promised) < 0) {`,
    breaks: 'An acceptor votes for a proposal if its fast ballot is exactly what it has promised.',
    needs: 'a fast reign of three or more, proposals so late that another reign has begun, and accepts later still',
    profile: 'duels',
  },
  {
    name: 'report-does-not-bind',
    file: 'lib/consensus/acceptor.ts',
    from: 'if (compareBallots(slot.promised, ballot) > 0) return null;',
    to: '',
    breaks: 'An acceptor that has answered for one instance votes in the fast ballot there no more.',
    needs: 'a fast reign of four or more with collisions, and a proposal that comes between an answer and the accept',
    profile: 'collisions',
  },
  {
    name: 'second-proposal-replaces-first',
    file: 'lib/consensus/acceptor.ts',
    from: 'const vote = slot.vote;',
    to: 'const vote = slot.vote?.batch.id === batch.id ? slot.vote : (slot.vote = null);',
    breaks: 'An acceptor votes for the first proposal that it sees at an instance in a fast ballot.',
    needs: 'a fast reign with collisions',
  },
  {
    name: 'vote-without-batch',
    file: 'lib/consensus/acceptor.ts',
    from: 'if (batch === undefined) this.#await(slot, ballot, id);',
    to: 'if (batch === undefined) this.#vote(slot, ballot, { id, body: new Uint8Array(0) });',
    breaks: 'An acceptor persists its vote with the batch, and votes when it has it.',
  },
];
