import { constants } from '../../lib/model/constants.js';
import type { ProcessId } from '../../lib/model/ids.js';
import type { Nonce, Start } from '../../lib/model/start.js';
import { Agenda } from '../../lib/simulation/agenda.js';
import type { Lane } from '../../lib/transport/frame/frame.js';
import { type Copy, MemoryNetwork, type Passenger } from '../../lib/transport/memory/memory-network.js';
import type { Transport } from '../../lib/transport/transport.js';
import { idOf, numberOf } from './ids.js';
import { GROUP_A, MemoryLog, SOME_START } from './station.js';

/** One unit of the agenda is a microsecond. */
const TICK_US = constants.tickMs * 1_000;
const DELAY_US = 200;

/** Transports 1 to n of one group in a virtual time, which have met; lanes are cut by direction. */
export class LaneWorld {
  readonly transports: Transport[] = [];
  /** What each has heard, as `sender>first bytes` of small messages and `sender>length` of large ones. */
  readonly heard: string[][] = [];
  readonly logs: MemoryLog[] = [];
  /** Frames that have left by one lane and were not lost. */
  readonly passed = { datagram: 0, bulk: 0 };
  /** Whether a frame is lost, besides what is cut. */
  loses: (passenger: Passenger) => boolean = () => false;
  /** Those that do nothing and hear nothing. */
  readonly stopped = new Set<number>();
  readonly #cuts = new Set<string>();
  readonly #agenda = new Agenda();
  readonly #network = new MemoryNetwork(this.#agenda.add, (passenger) => this.#fate(passenger));
  readonly #maxDatagramBytes: number;

  constructor(n: number, maxDatagramBytes = 1_000) {
    this.#maxDatagramBytes = maxDatagramBytes;
    for (let number = 1; number <= n; number += 1) {
      this.heard.push([]);
      this.logs.push(new MemoryLog());
      this.#open(number, SOME_START);
      this.#tickLater(number);
    }
    for (let number = 1; number <= n; number += 1) this.send(number, 'everyone', 'hello');
    this.pass(1);
    for (const heard of this.heard) heard.length = 0;
  }

  /** The process is killed and started again, and the others hear of it. */
  async restart(number: number): Promise<void> {
    await this.transport(number).close();
    this.#open(number, { incarnation: 2, nonce: 'd'.repeat(32) as Nonce });
    this.send(number, 'everyone', 'hello again');
    this.pass(1);
  }

  #open(number: number, start: Start): void {
    const heard = this.heard[number - 1]!;
    const receiver = (from: ProcessId, _group: unknown, message: Buffer): void => {
      heard.push(`${numberOf(from)}>${message.length > 100 ? message.length : message.toString()}`);
    };
    const place = { queueId: 'a queue', self: idOf(number), start };
    const [log, maxDatagramBytes] = [this.logs[number - 1]!, this.#maxDatagramBytes];
    const transport = this.#network.open({ ...place, receiver, log, maxDatagramBytes });
    transport.join(GROUP_A);
    this.transports[number - 1] = transport;
  }

  transport(number: number): Transport {
    return this.transports[number - 1]!;
  }

  send(from: number, to: number | 'everyone', message: string | Uint8Array): void {
    const transport = this.transport(from);
    transport.send(to === 'everyone' ? to : idOf(to), Buffer.from(message));
    transport.flush();
  }

  has(number: number, what: string): boolean {
    return this.heard[number - 1]!.includes(what);
  }

  warnings(number: number): string[] {
    return this.logs[number - 1]!.lines.filter(({ level }) => level === 'warn').map(({ text }) => text);
  }

  /** Nothing passes by one lane from the one to the other. */
  cut(lane: Lane, from: number, to: number): void {
    this.#cuts.add(`${lane} ${idOf(from)}>${idOf(to)}`);
  }

  mend(): void {
    this.#cuts.clear();
  }

  pass(ms: number): void {
    const endUs = this.#agenda.nowTick + ms * 1_000;
    this.#agenda.add(() => undefined, ms * 1_000);
    while (this.#agenda.nowTick < endUs) this.#agenda.next();
  }

  /** Lets time pass until the condition holds. Returns how long it took, in ms. */
  until(condition: () => boolean, limitMs = 60_000): number {
    const startUs = this.#agenda.nowTick;
    while (!condition()) {
      if (this.#agenda.nowTick - startUs > limitMs * 1_000) throw new Error(`after ${limitMs} ms it does not hold`);
      this.#agenda.next();
    }
    return (this.#agenda.nowTick - startUs) / 1_000;
  }

  #tickLater(number: number): void {
    this.#agenda.add(() => {
      if (!this.stopped.has(number)) this.transport(number).tick();
      this.#tickLater(number);
    }, TICK_US);
  }

  #fate(passenger: Passenger): readonly Copy[] {
    const { from, to, lane, bytes } = passenger;
    if (this.#cuts.has(`${lane} ${from}>${to}`) || this.stopped.has(numberOf(to))) return [];
    if (this.loses(passenger)) return [];
    this.passed[lane] += 1;
    return [{ delayTicks: DELAY_US, bytes }];
  }
}
