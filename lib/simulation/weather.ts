import type { ProcessId } from '../model/ids.js';
import type { Lane } from '../transport/frame/frame.js';
import type { Copy, Passenger } from '../transport/memory/memory-network.js';
import type { Random } from './random.js';
import { SlowLink } from './slow-link.js';

/** The things that may happen to any datagram at any time. */
export interface Climate {
  /** Share that gets lost, from 0 to 1. */
  readonly loss: number;
  /** Share that arrives twice, from 0 to 1; half of the copies so much later, at most. */
  readonly duplication: number;
  readonly echoUs: number;
  /** Share that arrives with other bytes than it left with, from 0 to 1. */
  readonly mutilation: number;
  /** At least so long under way, and on average so much longer. */
  readonly delayUsMin: number;
  readonly delayUsMean: number;
  /** Share that takes up to `tailUs`, from 0 to 1. */
  readonly tail: number;
  readonly tailUs: number;
}

export const FAIR: Climate = {
  loss: 0,
  duplication: 0,
  echoUs: 100_000,
  mutilation: 0,
  delayUsMin: 50,
  delayUsMean: 50,
  tail: 0,
  tailUs: 0,
};

export type NetworkFault = 'loss' | 'duplication' | 'mutilation' | 'late' | 'overflow';

/** The network's faults: a datagram on its way to one receiver meets the climate, cuts and clogs of its link. */
export class Weather {
  climate: Climate = FAIR;
  /** How long the way from one process to another is, in microseconds: the climate's delays come on top. */
  wayUs: (from: ProcessId | null, to: ProcessId) => number = () => 0;
  readonly #random: Random;
  readonly #nowUs: () => number;
  readonly #happened: (fault: NetworkFault) => void;
  /** How many cuts lie on a link. */
  readonly #cuts = new Map<string, number>();
  /** When a clogged link flows again. */
  readonly #clogs = new Map<string, number>();
  /** By process and direction: the link by which it hangs on the network. */
  readonly #slowLinks = new Map<string, SlowLink>();
  /** The bulk lane keeps the order of a link. */
  readonly #lastBulkUs = new Map<string, number>();
  /** A frame of some time ago, to come again when nobody expects it. */
  #earlierFrame: Buffer | null = null;

  constructor(random: Random, nowUs: () => number, happened: (fault: NetworkFault) => void) {
    this.#random = random;
    this.#nowUs = nowUs;
    this.#happened = happened;
  }

  get earlierFrame(): Buffer | null {
    return this.#earlierFrame;
  }

  /** Nothing passes from the one to the other, or nothing on one lane, until the returned function is called. */
  cut(from: ProcessId, to: ProcessId, lane?: Lane): () => void {
    const cut = lane === undefined ? linkOf(from, to) : laneOf(linkOf(from, to), lane);
    this.#cuts.set(cut, (this.#cuts.get(cut) ?? 0) + 1);
    return () => {
      const left = (this.#cuts.get(cut) ?? 1) - 1;
      if (left === 0) this.#cuts.delete(cut);
      else this.#cuts.set(cut, left);
    };
  }

  /** Whether anything is cut off from anything. */
  get isCut(): boolean {
    return this.#cuts.size > 0;
  }

  /**
   * Until the returned function is called, all that a process sends crosses a link of so many bytes a second, and all
   * that it receives another one. A multicast crosses it once for each receiver.
   */
  slow(process: ProcessId, bytesPerSecond: number): () => void {
    const links = [linkOf(process, ''), linkOf('', process)];
    for (const link of links) this.#slowLinks.set(link, new SlowLink(bytesPerSecond));
    return () => {
      for (const link of links) this.#slowLinks.delete(link);
    };
  }

  /** The datagrams from the one to the other arrive when the time is over, all at once. */
  clog(from: ProcessId, to: ProcessId, untilUs: number): void {
    this.#clogs.set(linkOf(from, to), untilUs);
  }

  readonly fate = (passenger: Passenger): Copy[] => {
    const { from, to, lane, bytes } = passenger;
    const link = linkOf(from, to);
    const wayUs = this.wayUs(from, to);
    if (this.#cuts.size > 0 && (this.#cuts.has(link) || this.#cuts.has(laneOf(link, lane)))) return [];
    const slow = this.#slowLinks.size === 0 ? [] : this.#slowLinksOf(passenger);
    if (lane === 'bulk')
      return [
        slow.length === 0
          ? { bytes, delayTicks: this.#bulkDelayUs(link, wayUs) }
          : this.#slowBulk(link, wayUs, slow, bytes),
      ];
    const { loss, duplication, mutilation } = this.climate;
    const random = this.#random;
    if (random.chance(loss)) {
      this.#happened('loss');
      return [];
    }
    if (random.chance(0.001)) this.#earlierFrame = bytes;
    const crossedUs = this.#crossedUs(slow, bytes.length);
    if (crossedUs === null) {
      this.#happened('overflow');
      return [];
    }
    const copies = [
      {
        bytes: random.chance(mutilation) ? this.#mutilated(bytes) : bytes,
        delayTicks: crossedUs + this.#delayUs(link, wayUs),
      },
    ];
    if (random.chance(duplication)) {
      this.#happened('duplication');
      const laterUs = random.chance(0.5) ? 0 : random.below(this.climate.echoUs);
      copies.push({ bytes, delayTicks: crossedUs + this.#delayUs(link, wayUs) + laterUs });
    }
    return copies;
  };

  #slowLinksOf({ from, to }: Passenger): SlowLink[] {
    const links = [linkOf(from, ''), linkOf('', to)];
    return links.flatMap((link) => this.#slowLinks.get(link) ?? []);
  }

  /** How long a datagram waits for slow links, and crosses them; null where it is lost. */
  #crossedUs(slow: readonly SlowLink[], bytes: number): number | null {
    const nowUs = this.#nowUs();
    let atUs = nowUs;
    for (const link of slow) {
      const crossedUs = link.datagram(bytes, atUs);
      if (crossedUs === null) return null;
      atUs = crossedUs;
    }
    return atUs - nowUs;
  }

  /** It arrives bit by bit, as its receiver can tell. */
  #slowBulk(link: string, wayUs: number, slow: readonly SlowLink[], bytes: Buffer): Copy {
    const nowUs = this.#nowUs();
    const delayUs = this.#bulkDelayUs(link, wayUs);
    let beginsUs = nowUs + delayUs;
    let endsUs = beginsUs;
    for (const one of slow) {
      const crossing = one.bulk(bytes.length, nowUs);
      beginsUs = Math.max(beginsUs, crossing.beginsUs);
      endsUs = Math.max(endsUs, crossing.endsUs);
    }
    this.#lastBulkUs.set(link, endsUs);
    const parts = Math.min(PARTS_MAX, Math.ceil((endsUs - beginsUs) / PART_US));
    const partsAt = Array.from({ length: parts }, (_, i) =>
      Math.floor(beginsUs + ((i + 1) * (endsUs - beginsUs)) / parts - nowUs),
    );
    return { bytes, delayTicks: endsUs - nowUs, ...(parts > 1 ? { partsAt } : {}) };
  }

  #delayUs(link: string, wayUs: number): number {
    const { delayUsMin, delayUsMean, tail, tailUs } = this.climate;
    const random = this.#random;
    let delayUs = wayUs + delayUsMin + Math.floor(random.exponential(delayUsMean));
    if (random.chance(tail)) {
      this.#happened('late');
      delayUs += random.below(tailUs);
    }
    const clog = this.#clogs.size === 0 ? undefined : this.#clogs.get(link);
    return clog === undefined ? delayUs : Math.max(delayUs, clog - this.#nowUs());
  }

  #bulkDelayUs(link: string, wayUs: number): number {
    const nowUs = this.#nowUs();
    const arrivalUs = Math.max(nowUs + this.#delayUs(link, wayUs), this.#lastBulkUs.get(link) ?? 0);
    this.#lastBulkUs.set(link, arrivalUs);
    return arrivalUs - nowUs;
  }

  #mutilated(bytes: Buffer): Buffer {
    this.#happened('mutilation');
    const random = this.#random;
    if (random.chance(0.2)) return bytes.subarray(0, random.below(bytes.length));
    const copy = Buffer.from(bytes);
    for (let flips = 1 + random.below(3); flips > 0; flips -= 1) {
      const at = random.below(copy.length);
      copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
    }
    return copy;
  }
}

/** A large and slow frame arrives in so many parts at most, and in none that take less time than this. */
const PARTS_MAX = 1_000;
const PART_US = 50_000;

function linkOf(from: ProcessId | '' | null, to: ProcessId | ''): string {
  return `${from ?? ''}>${to}`;
}

function laneOf(link: string, lane: Lane): string {
  return `${link} ${lane}`;
}
