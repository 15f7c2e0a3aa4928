import { Consensus } from '../../lib/consensus/consensus.js';
import { EVERYONE, type Message, type Outgoing } from '../../lib/consensus/messages.js';
import { MemoryDisk } from '../../lib/ledger/memory/memory-ledger.js';
import { type BallotKind, kindOf } from '../../lib/model/ballot.js';
import { type Batch, batchId } from '../../lib/model/batch.js';
import { constants } from '../../lib/model/constants.js';
import type { ProcessId } from '../../lib/model/ids.js';
import { defaults } from '../../lib/model/settings.js';
import { type Part, part } from './part.js';

const REPLICAS = 3;
/** Enough for a founding and a first reign. */
const TICKS_MAX = 1000;

/** One process: a core, and the messages that are on their way to it. */
interface Process {
  readonly id: ProcessId;
  readonly core: Consensus;
  readonly inbox: { readonly from: ProcessId; readonly message: Message }[];
}

/** A group of cores in this process: messages are handed over as they are, and what is written is durable at once. */
class Cores {
  readonly processes: readonly Process[];
  /** Handed over by all of them together. */
  decided = 0;

  constructor(mode: BallotKind) {
    const past = new MemoryDisk().open('micro').load();
    this.processes = Array.from({ length: REPLICAS }, (_, i) => {
      const id = String(i + 1).padStart(16, '0') as ProcessId;
      const options = {
        self: id,
        incarnation: 1,
        settings: defaults,
        isAdmitted: true,
        founds: true,
        observes: false,
        replicas: REPLICAS,
        mode,
      };
      return { id, core: new Consensus({ ...options, isSound: () => true, random: () => 0.5 }, past), inbox: [] };
    });
  }

  /** Until one coordinates a reign of this kind, which everyone has heard of. */
  found(kind: BallotKind): void {
    for (let ticks = 0; ticks < TICKS_MAX; ticks += 1) {
      for (const { core } of this.processes) core.step({ kind: 'tick', nowMs: ticks * constants.tickMs });
      this.settle();
      const reign = this.coordinator?.core.reign;
      if (reign && kindOf(reign) === kind && this.processes.every(({ core }) => core.hasRoom)) return;
    }
    throw new Error(`After ${TICKS_MAX} ticks there is no ${kind} reign.`);
  }

  get coordinator(): Process | undefined {
    return this.processes.find(({ core }) => core.reign !== null);
  }

  propose({ core }: Process, batch: Batch): void {
    core.step({ kind: 'proposal', batch });
    this.settle();
  }

  /** Until nothing is to be done and nothing on its way. */
  settle(): void {
    for (let isBusy = true; isBusy;) {
      isBusy = false;
      for (const process of this.processes) if (this.#turn(process)) isBusy = true;
    }
  }

  #turn({ id, core, inbox }: Process): boolean {
    const isBusy = inbox.length > 0 || core.hasEffects;
    for (const { from, message } of inbox.splice(0)) core.step({ kind: 'message', from, message });
    while (core.hasEffects) {
      const { messages, votes, decided } = core.effects();
      this.#send(id, messages);
      this.#send(id, votes);
      this.decided += decided.length;
      core.step({ kind: 'durable' });
    }
    return isBusy;
  }

  #send(from: ProcessId, outgoing: readonly Outgoing[]): void {
    for (const { to, message } of outgoing) {
      for (const { id, inbox } of this.processes) {
        if (id !== from && (to === EVERYONE || to === id)) inbox.push({ from, message });
      }
    }
  }
}

/**
 * One proposal through three cores until all of them know that it is decided: in a classic reign from the coordinator, in a
 * fast one from another process.
 */
export function corePart(kind: BallotKind, bytes: number): Part {
  const cores = new Cores(kind);
  cores.found(kind);
  const { coordinator } = cores;
  const proposer = cores.processes.find((process) => (process === coordinator) === (kind === 'classic'));
  const body = Buffer.alloc(bytes);
  let sequence = 0;
  let before = cores.decided;
  return part(`core ${kind}`, bytes, () => {
    if (proposer !== undefined) cores.propose(proposer, { id: batchId(proposer.id, 1, sequence), body });
    sequence += 1;
    if (cores.decided !== before + REPLICAS)
      throw new Error(`Proposal ${sequence} is not decided at each of ${REPLICAS}.`);
    before = cores.decided;
  });
}
