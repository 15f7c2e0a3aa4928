/**
 * One of the processes of the floor: what a process of a group has to do for one operation, and nothing else. The first
 * multicasts a proposal; each writes it to a file of its own, syncs, and multicasts a vote; the first counts votes.
 */
import { createSocket, type Socket } from 'node:dgram';

import { Meter, type Window } from '../window.js';
import { type Header, HEADER_BYTES, readHeader, writeHeader } from './datagram.js';
import { SyncedFile } from './synced-file.js';

export interface StationSetup {
  /** From 0; the first one proposes. */
  readonly index: number;
  /** Multicast group and port. */
  readonly address: string;
  readonly port: number;
  /** The file of its own, which is made. */
  readonly file: string;
  /** Of a proposal, and of what is written. */
  readonly bytes: number;
}

/** A task that the first station can be asked to do. */
export type Task =
  /** One operation after the other: each ends with the votes of `quorum`, its own among them. */
  | { readonly kind: 'operations'; readonly quorum: number; readonly syncs: boolean }
  /** Writing and syncing alone, here alone. */
  | { readonly kind: 'disk' };

/** A task, and for how long; the answer is what it has measured. */
export interface Course {
  readonly task: Task;
  readonly ms: number;
}

const LOOPBACK = '127.0.0.1';
/** An operation that takes longer is lost. */
const PATIENCE_MS = 5000;

class Station {
  readonly #file: SyncedFile;
  readonly #content: Buffer;
  readonly #meter = new Meter(false);
  #operation = 0;
  #votes = 0;
  #beganAt = 0;
  #syncs = false;
  #quorum = 0;
  #onQuorum: () => void = () => undefined;

  constructor(
    private readonly setup: StationSetup,
    private readonly socket: Socket,
  ) {
    this.#file = new SyncedFile(setup.file, setup.bytes);
    this.#content = Buffer.alloc(setup.bytes, 'x');
    socket.on('message', (datagram) => this.#receive(datagram));
  }

  async run({ task, ms }: Course): Promise<Window> {
    this.#meter.take();
    if (task.kind === 'disk') this.#write(ms);
    else await this.#operate(task.quorum, task.syncs, ms);
    return this.#meter.take();
  }

  #write(ms: number): void {
    const begin = performance.now();
    for (let now = begin; now < begin + ms;) {
      this.#file.write(this.#content);
      const end = performance.now();
      this.#meter.add(end - now);
      now = end;
    }
  }

  #operate(quorum: number, syncs: boolean, ms: number): Promise<void> {
    this.#quorum = quorum;
    this.#syncs = syncs;
    return new Promise((resolve, reject) => {
      const begin = performance.now();
      let seen = 0;
      const watch = setInterval(() => {
        if (this.#operation === seen) reject(new Error(`Operation ${seen} has had no quorum for ${PATIENCE_MS} ms.`));
        seen = this.#operation;
      }, PATIENCE_MS);
      this.#onQuorum = () => {
        const now = performance.now();
        this.#meter.add(now - this.#beganAt);
        if (now < begin + ms) this.#propose();
        else {
          clearInterval(watch);
          resolve();
        }
      };
      this.#propose();
    });
  }

  #propose(): void {
    this.#operation += 1;
    this.#votes = 0;
    this.#beganAt = performance.now();
    const header = { from: this.setup.index, syncs: this.#syncs, operation: this.#operation };
    const proposal = writeHeader(Buffer.from(this.#content), { ...header, kind: 'proposal' });
    this.#send(proposal);
    this.#vote(header, proposal);
    this.#count(this.#operation);
  }

  #receive(datagram: Buffer): void {
    const header = readHeader(datagram);
    if (header.from === this.setup.index) return; // Multicast brings back what one has sent.
    if (header.kind === 'proposal') this.#vote(header, datagram);
    else this.#count(header.operation);
  }

  #vote({ syncs, operation }: Omit<Header, 'kind'>, proposal: Buffer): void {
    if (syncs) this.#file.write(proposal);
    const vote = { kind: 'vote', from: this.setup.index, syncs, operation } as const;
    this.#send(writeHeader(Buffer.allocUnsafe(HEADER_BYTES), vote));
  }

  /** Votes for an operation that has had its quorum come to nothing, as do those that others hear of each other. */
  #count(operation: number): void {
    if (this.setup.index !== 0 || operation !== this.#operation) return;
    this.#votes += 1;
    if (this.#votes === this.#quorum) this.#onQuorum();
  }

  #send(datagram: Buffer): void {
    this.socket.send(datagram, this.setup.port, this.setup.address);
  }
}

/** `lookup` answers at once: Node's own would put each send off to a later turn of the event loop. */
async function openSocket(address: string, port: number): Promise<Socket> {
  const socket = createSocket({
    type: 'udp4',
    reuseAddr: true,
    lookup: (host, _options, callback) => callback(null, host, 4),
  });
  await new Promise<void>((resolve) => socket.bind({ address, port, exclusive: true }, resolve));
  socket.addMembership(address, LOOPBACK);
  socket.setMulticastInterface(LOOPBACK);
  socket.setMulticastLoopback(true);
  return socket;
}

async function main(): Promise<void> {
  const setup = JSON.parse(process.argv[2] ?? '') as StationSetup;
  const station = new Station(setup, await openSocket(setup.address, setup.port));
  process.on('message', (course: Course) => void station.run(course).then((window) => process.send?.(window)));
  process.once('disconnect', () => process.exit());
  process.send?.('ready');
}

await main();
