import type { Effects } from '../../lib/consensus/effects.js';
import type { MessageKind } from '../../lib/consensus/messages.js';
import { messageKinds } from './arbitraries.js';
import type { CoreGroup } from './core-group.js';
import type { InTransit, Loss } from './core-network.js';
import type { CrashPoint } from './core-turns.js';
import { both, either, from, isolating, of, to } from './losses.js';

/** What is the matter with the group of a scenario, as its commands have it. */
export class ScenarioFaults {
  readonly #group: CoreGroup;
  #losses: Loss[] = [];
  #holds: Loss[] = [];
  #held: InTransit[] = [];
  readonly #crashes = new Map<number, CrashPoint>();
  readonly #commitDelays = new Map<number, number>();

  constructor(group: CoreGroup) {
    this.#group = group;
    group.loss = (message) => this.#loses(message) || this.#keeps(message);
    group.crashAt = (process, point, effects) =>
      this.#crashes.get(process) === point && this.#strikes(process, effects);
    group.commitDelays = (process) => this.#commitDelays.get(process) ?? 0;
  }

  /** `p1>p2,p3 accept`: what is lost from now on; `*` is everyone, and without kinds it is every kind. */
  lose(link: string, kinds: readonly string[]): void {
    this.#losses.push(lossOf(link, kinds));
  }

  /** Messages are under way from now on until they are released. */
  hold(link: string, kinds: readonly string[]): void {
    this.#holds.push(lossOf(link, kinds));
  }

  cut(some: readonly number[], others: readonly number[]): void {
    if (others.length === 0) this.#losses.push(isolating(...some));
    else this.#losses.push(both(from(...some), to(...others)), both(from(...others), to(...some)));
  }

  heal(): void {
    this.#losses = [];
  }

  /** What was held arrives, in the order in which it was sent. */
  release(): void {
    const held = this.#held;
    this.#held = [];
    this.#holds = [];
    for (const message of held) this.#group.forge(message.from, message.to, message.message);
  }

  holds(message: InTransit): boolean {
    return this.#held.some((held) => held.to === message.to && held.message === message.message);
  }

  /** The process crashes the next time that it has something to do at that point of its turn. */
  crashAt(process: number, point: string): void {
    if (!(point in atStake)) throw new Error(`there is no point of a turn '${point}'`);
    this.#crashes.set(process, point as CrashPoint);
  }

  slowDisk(process: number, delays: number): void {
    this.#commitDelays.set(process, delays);
  }

  #loses(message: InTransit): boolean {
    return either(...this.#losses)(message);
  }

  #keeps(message: InTransit): boolean {
    if (!either(...this.#holds)(message)) return false;
    this.#held.push(message);
    return true;
  }

  #strikes(process: number, effects: Effects): boolean {
    const point = this.#crashes.get(process);
    if (point === undefined || atStake[point](effects) === 0) return false;
    this.#crashes.delete(process);
    return true;
  }
}

/** How much a crash would prevent from being done. */
const atStake: Readonly<Record<CrashPoint, (effects: Effects) => number>> = {
  'before-persist': ({ records }) => records.length,
  'before-votes': ({ votes }) => votes.length,
  'before-delivery': ({ decided }) => decided.length,
};

/** The numbers in `p1,p2`. */
export function processesOf(text: string): number[] {
  return text.split(',').map((name) => {
    if (!/^p[1-9]\d*$/.test(name)) throw new Error(`'${name}' names no process`);
    return Number(name.slice(1));
  });
}

function lossOf(link: string, kinds: readonly string[]): Loss {
  const [sender, receiver, ...rest] = link.split('>');
  if (!sender || !receiver || rest.length > 0) throw new Error(`'${link}' is no link; p1>p2 is one`);
  const losses: Loss[] = [];
  if (sender !== '*') losses.push(from(...processesOf(sender)));
  if (receiver !== '*') losses.push(to(...processesOf(receiver)));
  if (kinds.length > 0) losses.push(of(...kinds.map(kindOf)));
  return both(...losses);
}

export function kindOf(text: string): MessageKind {
  const kind = messageKinds.find((known) => known === text);
  if (kind === undefined) throw new Error(`there is no message '${text}'`);
  return kind as MessageKind;
}
