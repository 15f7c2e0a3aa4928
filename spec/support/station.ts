import { randomBytes } from 'node:crypto';

import type { GroupId, ProcessId } from '../../lib/model/ids.js';
import type { Nonce, Start } from '../../lib/model/start.js';
import { loadCiphers } from '../../lib/transport/frame/frame-key.js';
import { type Key, KeyRing } from '../../lib/transport/frame/key-ring.js';
import {
  type Destination,
  EVERYONE,
  type Receiver,
  type Transport,
  type TransportLog,
} from '../../lib/transport/transport.js';

// Whatever has keys here may seal and open from the beginning.
await loadCiphers();

/** A start like no other. */
export function newStart(incarnation = 1): Start {
  return { incarnation, nonce: randomBytes(16).toString('hex') as Nonce };
}

/** Each process has a ring of its own. */
export function ringOf(...keys: readonly [Key, ...Key[]]): KeyRing {
  return new KeyRing(keys);
}

export const KEY_1: Key = { id: 1, bytes: Buffer.alloc(32, 'one') };
export const KEY_2: Key = { id: 2, bytes: Buffer.alloc(32, 'two') };

export const GROUP_A = 'aaaaaaaaaaaaaaaa' as GroupId;
export const GROUP_B = 'bbbbbbbbbbbbbbbb' as GroupId;

/** A start, where it matters to nobody which. */
export const SOME_START: Start = { incarnation: 1, nonce: 'c'.repeat(32) as Nonce };

export function newProcessId(): ProcessId {
  return randomBytes(8).toString('hex') as ProcessId;
}

export interface OpenOptions {
  readonly self: ProcessId;
  readonly start: Start;
  readonly receiver: Receiver;
  readonly queueId: string;
  readonly maxDatagramBytes?: number;
  readonly networkInterface?: string;
  readonly listen?: string;
  readonly peers?: readonly string[];
  readonly log: TransportLog;
  readonly keys?: KeyRing;
}

/** A place where transports of one implementation meet. */
export interface Testbed {
  /** Of two different queues. */
  readonly queueIds: readonly [string, string];
  open(options: OpenOptions): Promise<Transport>;
  /** Sends any bytes to every process of the first queue, as a datagram of a stranger. */
  inject(bytes: Uint8Array): Promise<void>;
  /** Lets time pass until the condition holds; fails where it never does. */
  until(condition: () => boolean): Promise<void>;
  close(): Promise<void>;
}

interface Heard {
  readonly from: ProcessId;
  readonly group: GroupId;
  readonly message: Buffer;
  readonly start: Start;
}

/** Keeps what it is told. */
export class MemoryLog implements TransportLog {
  readonly lines: { readonly level: string; readonly facts: object; readonly text: string }[] = [];

  debug(facts: object, text: string): void {
    this.lines.push({ level: 'debug', facts, text });
  }

  info(facts: object, text: string): void {
    this.lines.push({ level: 'info', facts, text });
  }

  warn(facts: object, text: string): void {
    this.lines.push({ level: 'warn', facts, text });
  }
}

/** A process with nothing but a transport; it keeps all that it hears. */
export class Station {
  transport!: Transport;
  readonly heard: Heard[] = [];
  readonly log = new MemoryLog();
  /** Called for each message, before anything else arrives. */
  reaction: (heard: Heard) => void = () => {};

  private constructor(readonly id: ProcessId) {}

  static async open(testbed: Testbed, options: Partial<OpenOptions> = {}): Promise<Station> {
    const station = new Station(options.self ?? newProcessId());
    station.transport = await testbed.open({
      queueId: testbed.queueIds[0],
      self: station.id,
      start: SOME_START,
      log: station.log,
      receiver: (from, group, message, start) => {
        station.heard.push({ from, group, message, start });
        station.reaction({ from, group, message, start });
      },
      ...options,
    });
    return station;
  }

  get texts(): string[] {
    return this.heard.map(({ message }) => message.toString());
  }

  has(text: string): boolean {
    return this.texts.includes(text);
  }

  send(to: Destination, ...messages: readonly (string | Uint8Array)[]): void {
    for (const message of messages)
      this.transport.send(to, typeof message === 'string' ? Buffer.from(message) : message);
    this.transport.flush();
  }
}

/** Stations on the first queue that know each other's addresses and have heard nothing yet. */
export async function openAcquainted(
  testbed: Testbed,
  n: number,
  options: Partial<OpenOptions> = {},
): Promise<Station[]> {
  const stations = await Promise.all(Array.from({ length: n }, () => Station.open(testbed, options)));
  await acquaint(testbed, stations);
  return stations;
}

export async function acquaint(testbed: Testbed, stations: readonly Station[]): Promise<void> {
  await goSilent(testbed, stations);
  for (const { heard } of stations) heard.length = 0;
}

let rounds = 0;

/** Of this round, or of an earlier one: what was said to everyone last may be said once more. */
function isFarewell(message: Buffer): boolean {
  return message.toString().startsWith('farewell ');
}

/** Lets everything that is under way between the stations arrive; what they hear meanwhile stays but for the farewell. */
export async function goSilent(testbed: Testbed, stations: readonly Station[]): Promise<void> {
  rounds += 1;
  const farewell = `farewell ${rounds}`;
  // By both kinds of datagram, for a socket keeps the order of what it receives.
  const countAtEach = async (count: number): Promise<void> =>
    testbed.until(() => stations.every(({ texts }) => texts.filter((text) => text === farewell).length >= count));
  for (const station of stations) station.send(EVERYONE, farewell);
  await countAtEach(stations.length - 1);
  for (const from of stations) for (const to of stations) if (to !== from) from.send(to.id, farewell);
  await countAtEach(2 * (stations.length - 1));
  for (const { heard } of stations) {
    heard.splice(0, heard.length, ...heard.filter(({ message }) => !isFarewell(message)));
  }
}
