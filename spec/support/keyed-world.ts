import type { ProcessId } from '../../lib/model/ids.js';
import type { Start } from '../../lib/model/start.js';
import { Agenda } from '../../lib/simulation/agenda.js';
import type { Lane } from '../../lib/transport/frame/frame.js';
import { type Key, KeyRing } from '../../lib/transport/frame/key-ring.js';
import type { Address } from '../../lib/transport/frame/peers.js';
import { MemoryNetwork } from '../../lib/transport/memory/memory-network.js';
import { EVERYONE, type Transport } from '../../lib/transport/transport.js';
import { idOf, numberOf } from './ids.js';
import { GROUP_A, KEY_1, MemoryLog, newStart } from './station.js';

const QUEUE = 'a queue';

export interface Sent {
  readonly from: number | null;
  readonly to: number;
  readonly lane: Lane;
  readonly bytes: Buffer;
}

/** Processes under keys in a virtual time; everything that is sent is recorded. */
export class KeyedWorld {
  /** What each has heard, as `sender>text`, by its number. */
  readonly heard = new Map<number, string[]>();
  readonly transports = new Map<number, Transport>();
  readonly sent: Sent[] = [];
  readonly #rings = new Map<number, KeyRing>();
  loses: (sent: Sent) => boolean = () => false;
  readonly #agenda = new Agenda();
  readonly #network = new MemoryNetwork(this.#agenda.add, ({ from, to, lane, bytes }) => {
    const sent = { from: from === null ? null : numberOf(from), to: numberOf(to), lane, bytes: Buffer.from(bytes) };
    this.sent.push(sent);
    return this.loses(sent) ? [] : [{ delayTicks: 1, bytes }];
  });

  /** `keys`: it sends with the first. */
  open(
    number: number,
    { start = newStart(), keys = [KEY_1] }: { start?: Start; keys?: readonly [Key, ...Key[]] | null } = {},
  ): Transport {
    const heard: string[] = [];
    this.heard.set(number, heard);
    const receiver = (from: ProcessId, _group: unknown, message: Buffer): void => {
      heard.push(`${numberOf(from)}>${message.length > 100 ? message.length : message.toString()}`);
    };
    const ring = keys === null ? null : new KeyRing(keys);
    if (ring !== null) this.#rings.set(number, ring);
    const transport = this.#network.open({
      ...{ queueId: QUEUE, self: idOf(number), start, receiver, log: new MemoryLog(), keys: ring },
    });
    transport.join(GROUP_A);
    this.transports.set(number, transport);
    return transport;
  }

  async restart(number: number, options: { start?: Start } = {}): Promise<void> {
    await this.transport(number).close();
    this.open(number, options);
  }

  /** The keys of the latest start. */
  ring(number: number): KeyRing {
    return this.#rings.get(number)!;
  }

  transport(number: number): Transport {
    return this.transports.get(number)!;
  }

  say(from: number, text: string | Uint8Array, to: number | 'everyone' = 'everyone'): void {
    const transport = this.transport(from);
    transport.send(to === 'everyone' ? EVERYONE : idOf(to), Buffer.from(text));
    transport.flush();
  }

  /** Somebody sends what was sent before, to everyone; `from`: as if from the place of that process. */
  replay(frames: readonly Sent[], from: number | null = null): void {
    const where: Address | undefined =
      from === null ? undefined : { address: 'memory', port: portOf(this.transport(from)) };
    for (const { bytes } of frames) this.#network.inject(QUEUE, bytes, where);
    this.arrive();
  }

  arrive(): void {
    while (this.#agenda.next());
  }

  pass(ticks: number): void {
    for (let i = 0; i < ticks; i += 1) {
      for (const transport of this.transports.values()) transport.tick();
      this.arrive();
    }
  }

  heardBy(number: number): string[] {
    return this.heard.get(number)!;
  }

  forget(): void {
    for (const heard of this.heard.values()) heard.length = 0;
  }
}

function portOf({ place }: Transport): number {
  return Number(/port (\d+)/.exec(place)?.[1]);
}
