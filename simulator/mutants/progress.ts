import type { Mutant } from './mutant.js';

/** Everything that can be lost is repeated until it is answered, and where a majority lives there is a coordinator. */
export const progress: readonly Mutant[] = [
  {
    name: 'batch-not-repeated',
    file: 'lib/consensus/proposer.ts',
    from: 'if (proposal.ticks < proposal.wait) continue;',
    to: 'continue;',
    breaks: 'A batch is proposed until it has been decided.',
  },
  {
    name: 'lost-instance-kept',
    file: 'lib/consensus/proposer.ts',
    from: 'if (lost !== undefined) this.#sendAnew(lost);',
    to: 'void lost;',
    breaks: 'A proposer whose instance was decided with another batch proposes again at a later one.',
    needs: 'a fast reign with collisions',
  },
  {
    name: 'accept-not-repeated',
    file: 'lib/consensus/open-proposals.ts',
    from: 'this.#outbox.accept(classicStepOf(ballot), { instance, id: open.id });',
    to: '',
    breaks: 'Everything that can be lost is repeated until it is answered.',
  },
  {
    name: 'question-not-repeated',
    file: 'lib/consensus/reads.ts',
    from: 'if (round.ticks < round.wait) return;',
    to: 'return;',
    breaks: 'Everything that can be lost is repeated until it is answered.',
  },
  {
    name: 'batch-not-fetched',
    file: 'lib/consensus/acceptor.ts',
    from: 'this.#fetcher.want(id, slot.instance);',
    to: '',
    breaks: 'An acceptor that lacks the batch asks for it.',
    needs: 'a proposer that dies before a majority has its batch',
  },
  {
    name: 'gap-not-repaired',
    file: 'lib/consensus/catch-up.ts',
    from: 'if (isStalled || this.#open.length < before) this.#ask(this.#furthest);',
    to: '',
    breaks: 'A process that is behind and makes no progress asks one that is ahead.',
  },
  {
    name: 'stuck-instance-left',
    file: 'lib/consensus/collision-recovery.ts',
    from: 'if (slot.watchedTicks < this.#shared.settings.stuckTicks) continue;',
    to: 'continue;',
    breaks: 'An instance that stays undecided for too long is recovered.',
    needs: 'a fast reign, and a proposer that dies when some have voted for its batch',
  },
  {
    name: 'stranded-coordinator-stays',
    file: 'lib/consensus/first-watch.ts',
    from: 'else if (this.#awaited.tick()) this.#isStranded = true;',
    to: '',
    breaks:
      'A coordinator that does not learn in time a decision that another process claims to know begins another reign.',
    needs: 'a member that alone knows a decision, tells its watermark in a promise and does not come back',
    profile: 'partings',
  },
  {
    name: 'nobody-stands',
    file: 'lib/consensus/election.ts',
    from: 'if (this.#silentTicks < this.#timeoutTicks) return;',
    to: 'return;',
    breaks: 'A process stands for election after a silence.',
  },
  {
    name: 'candidate-stands-once',
    file: 'lib/consensus/election.ts',
    from: 'if (this.#canvass.ticks < this.#shared.settings.canvassTicks) return;',
    to: 'return;',
    breaks: 'A candidate that no majority has supported stands for election again.',
    needs: 'a majority without contact to anyone for a while, and no restarts after it',
  },
];
