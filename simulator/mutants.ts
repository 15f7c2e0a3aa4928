/**
 * Mutants: the protocol with one rule broken in each. The simulator has to catch every one of them, which shows that its
 * faults reach the rule and its checkers see the breach. A mutant is a change of one statement, made in a copy of the
 * build; the sources know nothing of it.
 */
export interface Mutant {
  readonly name: string;
  /** The source to be changed, from the root of the tree. */
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly from: string;
  readonly to: string;
  /** Which rule of docs/protocol.md it breaks. */
  readonly breaks: string;
  /** What it takes to show, where that is more than processes that propose, lose messages, crash and come back. */
  readonly needs?: string;
}

/** Nobody hears of a vote, promise or signature before it is durable, and what is durable is kept. */
const durability: readonly Mutant[] = [
  {
    name: 'votes-before-durable',
    file: 'lib/queue/driver.ts',
    from: 'this.#send(effects.messages);',
    to: 'this.#send([...effects.messages, ...effects.votes]);',
    breaks: 'A vote is written to the ledger before anyone hears of it.',
    needs: 'a crash during a commit',
  },
  {
    name: 'failed-write-ignored',
    file: 'lib/queue/driver.ts',
    from: 'if (error !== null) throw error;',
    to: '',
    breaks: 'A write that fails stops the process.',
    needs: 'a disk that fails',
  },
  {
    name: 'promise-before-durable',
    file: 'lib/consensus/acceptor.ts',
    from: "outbox.sendOnceDurable(from, { kind: 'promise',",
    to: "outbox.send(from, { kind: 'promise',",
    breaks: 'An acceptor persists its promise and then answers.',
    needs: 'a crash during a commit, while the coordinator before goes on',
  },
  {
    name: 'report-before-durable',
    file: 'lib/consensus/acceptor.ts',
    from: "outbox.sendOnceDurable(from, { kind: 'report',",
    to: "outbox.send(from, { kind: 'report',",
    breaks: 'Who is asked about one instance persists a promise for it before it answers.',
    needs: 'a fast reign of four or more with collisions, and a crash during the commit of an answer',
  },
  {
    name: 'prepare-before-durable',
    file: 'lib/consensus/coordinator.ts',
    from: "outbox.sendOnceDurable(EVERYONE, { kind: 'prepare', ballot, from: log.first });",
    to: "outbox.send(EVERYONE, { kind: 'prepare', ballot, from: log.first });",
    breaks: "A coordinator's own promise is durable before anything rests on it, so that it uses a reign number once.",
    needs: 'slow commits, a crash of the candidate during its own, and promises that come late to its next incarnation',
  },
  {
    name: 'promise-not-written',
    file: 'lib/consensus/acceptor.ts',
    from: "this.#shared.outbox.persist({ kind: 'promise', ballot });",
    to: '',
    breaks: 'A promise is durable.',
  },
  {
    name: 'promise-forgotten',
    file: 'lib/consensus/consensus.ts',
    from: 'new Acceptor(this.#shared, this.#fetcher, past.promise)',
    to: 'new Acceptor(this.#shared, this.#fetcher, { ...past.promise, reign: 0 })',
    breaks: 'A restarted acceptor keeps its promise.',
  },
  {
    name: 'votes-forgotten',
    file: 'lib/consensus/consensus.ts',
    from: 'new InstanceLog(past.watermark, past.entries)',
    to: 'new InstanceLog(past.watermark, [])',
    breaks: 'A restarted acceptor keeps its votes.',
  },
  {
    name: 'instance-promise-not-written',
    file: 'lib/consensus/instance-log.ts',
    from: 'return { instance: this.instance, promised: this.promised, vote: this.vote };',
    to: 'return { instance: this.instance, promised: NO_BALLOT, vote: this.vote };',
    breaks: 'A restarted acceptor keeps what it has promised for one instance alone.',
    needs: 'a fast reign of four or more with collisions, and a restart between an answer and a late proposal',
  },
  {
    name: 'reign-used-again',
    file: 'lib/consensus/election.ts',
    from: 'this.#highest = promised;',
    to: 'this.#highest = { ...promised, reign: Math.max(0, promised.reign - 1) };',
    breaks: 'A coordinator uses every reign number once.',
    needs: 'a coordinator that comes back before anybody else has begun a reign',
  },
  {
    name: 'incarnation-not-raised',
    file: 'lib/queue/identity.ts',
    from: 'const incarnation = (past.identity?.incarnation ?? 0) + 1;',
    to: 'const incarnation = past.identity?.incarnation ?? 1;',
    breaks: 'A batch is named once: by process, incarnation and sequence number.',
  },
  {
    name: 'watermark-ahead',
    file: 'lib/consensus/outbox.ts',
    from: "this.#records.push({ kind: 'watermark', watermark });",
    to: "this.#records.push({ kind: 'watermark', watermark: (watermark + 1) as Instance });",
    breaks: 'Below a watermark the log holds nothing but what was decided.',
  },
  {
    name: 'vote-left-below-watermark',
    file: 'lib/consensus/learner.ts',
    from: 'if (slot.vote?.batch.id !== batch.id) {',
    to: 'if (slot.vote === null) {',
    breaks: 'A decision replaces the vote for something else in the commit that moves the watermark above it.',
  },
];

/** Quorums count distinct members that have voted for one batch in one ballot, and meet. */
const quorums: readonly Mutant[] = [
  {
    name: 'classic-quorum-one-less',
    file: 'lib/model/view.ts',
    from: 'return Math.floor(n / 2) + 1;',
    to: 'return Math.max(1, Math.floor(n / 2));',
    breaks: 'Two classic quorums meet.',
  },
  {
    name: 'fast-quorum-one-less',
    file: 'lib/model/view.ts',
    from: 'return Math.ceil((3 * n) / 4);',
    to: 'return Math.max(1, Math.ceil((3 * n) / 4) - 1);',
    breaks: 'Two fast quorums and a classic quorum meet.',
    needs: 'a fast reign of three or more with collisions',
  },
  {
    name: 'fast-ballot-decided-by-majority',
    file: 'lib/consensus/learner.ts',
    from: 'if (tally.count < view.quorum(kindOf(ballot))) return false;',
    to: 'if (tally.count < view.classicQuorum) return false;',
    breaks: "A batch is chosen by a quorum of the ballot's kind.",
    needs: 'a fast reign of three, or of five or more, with collisions: of four, both quorums are three',
  },
  {
    name: 'repeated-vote-counts',
    file: 'lib/consensus/learner.ts',
    from: 'if ((tally.members & bit) !== 0) return false;',
    to: '',
    breaks: 'A repeated message counts once.',
  },
  {
    name: 'votes-of-ballots-added',
    file: 'lib/consensus/instance-log.ts',
    from: 'if (tally.id === id && sameBallot(tally.ballot, ballot)) return tally;',
    to: 'if (tally.id === id) return tally;',
    breaks: 'A batch is chosen by votes in one ballot.',
    needs: 'votes for one batch in several ballots, none of which has a quorum',
  },
  {
    name: 'ballots-without-coordinator',
    file: 'lib/model/ballot.ts',
    from: 'if (a.coordinator !== b.coordinator) return a.coordinator < b.coordinator ? -1 : 1;',
    to: '',
    breaks: 'Ballots are totally ordered by reign, coordinator and step.',
    needs: 'two candidates that begin the same reign',
  },
  {
    name: 'late-promise-counts',
    file: 'lib/consensus/coordinator.ts',
    from: "if (phase.kind !== 'preparing' || !sameBallot(phase.ballot, promise.ballot)) return;",
    to: "if (phase.kind !== 'preparing') return;",
    breaks: 'A reign begins with a classic quorum of promises for its own ballot.',
    needs: 'promises so late that their receiver prepares another reign',
  },
  {
    name: 'recovery-without-quorum',
    file: 'lib/consensus/recovery.ts',
    from: 'if (inquiry.answers.size < view.classicQuorum) return null;',
    to: 'if (inquiry.answers.size === 0) return null;',
    breaks: 'An instance is recovered with a classic quorum of answers.',
    needs: 'a fast reign of four or more',
  },
];

/** An acceptor votes in no ballot below its promise, and once in each. */
const acceptors: readonly Mutant[] = [
  {
    name: 'promise-ignored',
    file: 'lib/consensus/acceptor.ts',
    from: 'if (compareBallots(ballot, this.#promised) >= 0) return true;',
    to: 'return true;',
    breaks: 'An acceptor votes for what a coordinator proposes if it has promised nothing higher.',
    needs: 'accepts so late that another reign has begun',
  },
  {
    name: 'promise-ignored-by-awaited-vote',
    file: 'lib/consensus/acceptor.ts',
    from: 'if (awaited?.id !== batch.id || compareBallots(awaited.ballot, this.#promised) < 0) return;',
    to: 'if (awaited?.id !== batch.id) return;',
    breaks: 'An acceptor that lacked the batch votes when it comes, if it has promised nothing higher by then.',
    needs: 'an accept without its batch, and another reign before the batch comes',
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
  },
  {
    name: 'report-does-not-bind',
    file: 'lib/consensus/acceptor.ts',
    from: 'if (compareBallots(slot.promised, ballot) > 0) return null;',
    to: '',
    breaks: 'Who has answered for one instance votes in the fast ballot there no more.',
    needs: 'a fast reign of four or more with collisions, and a proposal that comes between an answer and the accept',
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

/** What may have been chosen is picked, and nothing is proposed where something is decided. */
const coordinators: readonly Mutant[] = [
  {
    name: 'picking-ignores-fast-quorums',
    file: 'lib/consensus/picking.ts',
    from: 'return votes + (view.size - answered) >= view.quorum(kindOf(k));',
    to: 'return votes + (view.size - answered) >= view.classicQuorum;',
    breaks: "A value may have been chosen if those who voted for it and the silent make a quorum of its ballot's kind.",
    needs:
      'a fast reign of five or more with collisions: of three any choice is safe then, of four both quorums are three',
  },
  {
    name: 'picking-takes-the-first',
    file: 'lib/consensus/picking.ts',
    from: 'if (inHighest.size === 1 || mayBeChosen(votes, answers.length, k, view)) return id;',
    to: 'return id;',
    breaks: 'Of several values in the highest ballot the one that may have been chosen is picked.',
    needs: 'a fast reign of four or more with collisions',
  },
  {
    name: 'picking-takes-the-lowest-ballot',
    file: 'lib/consensus/picking.ts',
    from: 'compareBallots(answer.ballot, highest.ballot) > 0',
    to: 'compareBallots(answer.ballot, highest.ballot) < 0',
    breaks: 'The highest ballot voted in counts.',
    needs: 'votes for different batches in several ballots at one instance',
  },
  {
    name: 'no-op-instead-of-picked',
    file: 'lib/consensus/coordinator.ts',
    from: 'this.#propose(instance, picked);',
    to: 'this.#propose(instance, NO_OP_ID);',
    breaks: 'Up to the highest vote every instance gets what the picking rule says.',
  },
  {
    name: 'last-vote-overlooked',
    file: 'lib/consensus/coordinator.ts',
    from: '.reduce((highest, vote) => laterOf(highest, after(vote.instance)), base);',
    to: '.reduce((highest, vote) => laterOf(highest, vote.instance), base);',
    breaks: 'A reign gives new batches instances above every one that phase 1 has met.',
  },
  {
    name: 'used-instances-given-again',
    file: 'lib/consensus/coordinator.ts',
    from: 'this.#next = end;',
    to: 'this.#next = base;',
    breaks: 'A coordinator proposes one value at an instance.',
  },
  {
    name: 'watermarks-overlooked',
    file: 'lib/consensus/coordinator.ts',
    from: 'const base = promises.reduce((highest, promise) => laterOf(highest, promise.watermark), log.first);',
    to: 'const base = log.first;',
    breaks: 'The coordinator proposes nothing below the highest watermark among the answers.',
    needs: 'a new coordinator that is behind one of those who answer it',
  },
];

/** Every batch that is decided is delivered once, in one order, and nobody is told otherwise. */
const delivery: readonly Mutant[] = [
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
    from: 'const end = Math.min(readable, after(from, limits.catchUpInstances)) as Instance;',
    to: 'const end = after(from, limits.catchUpInstances);',
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

/** A read has seen whatever was acknowledged before the question. */
const reads: readonly Mutant[] = [
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
    from: 'if (current.answered.size < view.classicQuorum) return;',
    to: '',
    breaks: 'A read asks a majority.',
  },
  {
    name: 'read-ignores-votes',
    file: 'lib/consensus/reads.ts',
    from: 'if (slot.vote !== null) until = (slot.instance + 1) as Instance;',
    to: '',
    breaks: 'Those who are asked answer up to where they have voted, not only up to where they know decisions.',
    needs: 'votes that reach one process long before the others',
  },
  {
    name: 'read-served-too-soon',
    file: 'lib/consensus/reads.ts',
    from: 'if (until > log.first) return true;',
    to: '',
    breaks: 'A read is served from a state that has executed everything up to the highest answer.',
  },
  {
    name: 'late-answer-counts',
    file: 'lib/consensus/reads.ts',
    from: 'if (current?.round !== round) return;',
    to: 'if (current === null) return;',
    breaks: 'A read counts the answers to its own question.',
    needs: 'answers so late that their receiver asks something else',
  },
];

/** A process signs one founding at a time, durably. */
const founding: readonly Mutant[] = [
  {
    name: 'signature-not-written',
    file: 'lib/consensus/founding.ts',
    from: 'this.#write({ signed: founding, refused: this.#record.refused });',
    to: 'this.#record = { signed: founding, refused: this.#record.refused };',
    breaks: 'A process signs durably.',
    needs: 'a crash while the group is founded',
  },
  {
    name: 'signature-before-durable',
    file: 'lib/consensus/founding.ts',
    from: "this.#shared.outbox.sendOnceDurable(EVERYONE, { kind: 'signed', founding });",
    to: "this.#shared.outbox.send(EVERYONE, { kind: 'signed', founding });",
    breaks: 'A process signs durably.',
    needs: 'a crash during a commit while the group is founded',
  },
];

/** Everything that can be lost is repeated until it is answered, and where a majority lives there is a coordinator. */
const progress: readonly Mutant[] = [
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
    from: 'lost.instance = null;',
    to: '',
    breaks: 'A proposer whose instance was decided with another batch proposes again at a later one.',
    needs: 'a fast reign with collisions',
  },
  {
    name: 'accept-not-repeated',
    file: 'lib/consensus/coordinator.ts',
    from: 'this.#shared.outbox.accept(classicStepOf(ballot), { instance, id: open.id });',
    to: '',
    breaks: 'Everything that can be lost is repeated until it is answered.',
  },
  {
    name: 'prepare-not-repeated',
    file: 'lib/consensus/coordinator.ts',
    from: 'if (phase.ticks % limits.prepareTicks === 0) {',
    to: 'if (phase.ticks < 0) {',
    breaks: 'Everything that can be lost is repeated until it is answered.',
  },
  {
    name: 'question-not-repeated',
    file: 'lib/consensus/reads.ts',
    from: 'if (this.#round !== null && (this.#round.ticks += 1) % limits.retryTicks === 0) {',
    to: 'if (this.#rounds < 0) {',
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
    from: 'if (next !== undefined) this.#ask(next);',
    to: '',
    breaks: 'A process that is behind and makes no progress asks one that is ahead.',
  },
  {
    name: 'stuck-instance-left',
    file: 'lib/consensus/recovery.ts',
    from: 'if (slot.watchedTicks < patience) continue;',
    to: 'continue;',
    breaks: 'An instance that stays undecided for too long is recovered.',
    needs: 'a fast reign, and a proposer that dies when some have voted for its batch',
  },
  {
    name: 'stranded-coordinator-stays',
    file: 'lib/consensus/coordinator.ts',
    from: 'this.#strandedTicks >= limits.strandedTicks',
    to: 'this.#strandedTicks < 0',
    breaks: 'A coordinator that does not learn in time what somebody has called decided begins another reign.',
    needs: 'a member that alone knows a decision, tells its watermark in a promise and does not come back',
  },
  {
    name: 'nobody-stands',
    file: 'lib/consensus/election.ts',
    from: 'if (this.#silentTicks < this.#timeoutTicks) return;',
    to: 'return;',
    breaks: 'A process stands after a silence.',
  },
  {
    name: 'candidate-stands-once',
    file: 'lib/consensus/election.ts',
    from: 'if (this.#canvass.ticks < limits.canvassTicks) return;',
    to: 'return;',
    breaks: 'A process that no majority has supported stands again.',
    needs: 'a majority without contact to anyone for a while, and no restarts after it',
  },
];

export const mutants: readonly Mutant[] = [
  ...durability,
  ...quorums,
  ...acceptors,
  ...coordinators,
  ...delivery,
  ...reads,
  ...founding,
  ...progress,
];
