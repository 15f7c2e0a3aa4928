import type { Mode } from '../../lib/consensus/mode.js';
import { CoreGroup } from './core-group.js';
import { seededRandom } from './seeded-random.js';

/** What befalls a group in which everybody proposes without waiting. */
export interface Trial {
  readonly seed: number;
  readonly n: number;
  readonly mode: Mode;
  /** Share of messages that get lost, from 0 to 1. */
  readonly loss: number;
  /** Share of batches that are large: what carries one takes up to 40 times as long. */
  readonly large: number;
  /** Chances of each step, from 0 to 1: that somebody crashes, and that somebody cuts the log. */
  readonly crashes: number;
  readonly cuts: number;
  /** Processes that the tables of delivered batches know. */
  readonly deliveryRowsMax: number;
}

const STEPS = 50;
const LARGE = 'large';

/**
 * Runs it, and then in peace until everything outstanding is delivered. The group's checker throws as soon as something is
 * delivered twice or out of its proposer's order, or differs from one process to another. Returns what each has delivered.
 */
export function runOrderTrial(trial: Trial): string[] {
  const random = seededRandom(trial.seed);
  const below = (n: number) => Math.floor(random() * n);
  const group = new CoreGroup(trial.n, trial).found();
  const knows = random() < 0.7;
  group.tellsDelivered = () => knows;
  group.commitDelays = () => below(3);
  group.copies = ({ message }) => {
    const isLarge = 'batch' in message && Buffer.from(message.batch.body).toString().startsWith(LARGE);
    return [1 + below(isLarge ? 40 : 3), ...(random() < 0.1 ? [1 + below(100)] : [])];
  };
  const loses = () => random() < trial.loss;
  const outstanding = new Map<string, { readonly process: number; readonly incarnation: number }>();
  let count = 0;
  const propose = (process: number) => {
    if ((group.process(process).core?.hasRoom ?? false) && group.process(process).inFlight.length < 8) {
      const text = `${random() < trial.large ? LARGE : 'small'} ${String(count)}`;
      count += 1;
      group.propose(process, text);
      outstanding.set(text, { process, incarnation: group.process(process).disk.incarnation });
    }
  };
  group.loss = loses;
  for (let step = 0; step < STEPS; step += 1) {
    const process = 1 + below(trial.n);
    const { core } = group.process(process);
    const chance = random();
    if (core === null) group.restart(process);
    else if (chance < trial.crashes && group.live.length > trial.n / 2 + 1) group.crash(process);
    else if (chance < trial.crashes + trial.cuts) group.cut(process);
    else for (let i = below(5); i >= 0; i -= 1) propose(process);
    group.run(below(30));
  }
  group.loss = () => false;
  for (const p of group.processes) if (p.core === null) group.restart(p.number);
  group.runUntil(() => group.live.every((p) => p.inFlight.length === 0));
  // All may stand at one watermark also where they have just been started again, and have yet to learn what was decided beyond it.
  const last = deliverOne(group);
  group.runUntil(() => group.live.every(({ number }) => group.delivered(number).includes(last)));
  group.runUntil(() => new Set(group.live.map((p) => p.core?.watermark)).size === 1 && group.quiet);
  const delivered = group.delivered(1);
  if (new Set(delivered).size < delivered.length) throw new Error('something is delivered twice under two names');
  const unknown = new Set(group.processes.flatMap((p) => p.unknown.map(({ body }) => Buffer.from(body).toString())));
  for (const [text, { process, incarnation }] of outstanding) {
    if (unknown.has(text)) continue;
    if (group.process(process).disk.incarnation === incarnation && !delivered.includes(text))
      throw new Error(`'${text}' of process ${String(process)} is not delivered`);
  }
  return group.processes.map(({ number }) => group.delivered(number).join());
}

/** The first process has one more delivered: where tables are small, the outcome of one may stay unknown. Returns its text. */
function deliverOne(group: CoreGroup): string {
  for (let i = 0; ; i += 1) {
    const text = `last ${String(i)}`;
    group.propose(1, text);
    group.runUntil(() => group.process(1).inFlight.length === 0);
    if (group.delivered(1).includes(text)) return text;
  }
}
