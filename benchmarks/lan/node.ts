/**
 * `npm run bench -- node --interface ADDRESS`: offers this machine to a driver elsewhere, one after the other, for as long
 * as it runs. A driver has one replica here, in a process of its own with a ledger in a temporary directory; when it goes,
 * both are gone.
 */
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { findInterface } from '../../lib/transport/udp/udp-options.js';
import { command } from '../benchmark.js';
import { replicaSetup } from '../group.js';
import { ReplicaProcess } from '../replica-process.js';
import { Connection } from './connection.js';
import type { NumberedOrder, Order, Reply } from './orders.js';

/** All nodes of a driver have it; groups are told apart by the port. */
const MULTICAST_ADDRESS = '239.255.0.9';

export const node = command({ interface: '127.0.0.1', port: 7409, directory: tmpdir() }, async (flags) => {
  const { name, address } = findInterface(flags.interface);
  /** One at most. */
  const services = new Set<Service>();
  // Half open, so that a driver sees the end of the connection when everything of it is gone.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    if (services.size > 0) {
      refuse(socket, `The node at ${address} serves another driver: wait until that is done.`);
      return;
    }
    const service = new Service(socket, address, flags.directory);
    services.add(service);
    void service.ended.then(() => services.delete(service));
  });
  server.listen({ host: address, port: flags.port, exclusive: true });
  await once(server, 'listening');
  console.log(`Waiting for a driver at ${address}:${flags.port}, on ${name}; Ctrl-C ends it.`);
  await wishToEnd();
  server.close();
  await Promise.all([...services].map((service) => service.dismiss()));
});

/** Resolves when the user has had enough, or the program that has started it as its child is gone. */
async function wishToEnd(): Promise<void> {
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve).once('SIGTERM', resolve).once('disconnect', resolve);
  });
  if (process.connected) process.disconnect();
}

function refuse(socket: Socket, why: string): void {
  const connection = new Connection(socket, () => undefined);
  connection.send({ kind: 'refused', why } satisfies Reply);
  void connection.end();
}

/** The service of a node to one driver. */
class Service {
  /** Resolves when the driver, and all that was there for it, is gone. */
  readonly ended: Promise<void>;
  #replica: ReplicaProcess | null = null;
  readonly #directory: string;
  readonly #connection: Connection;

  constructor(
    private readonly socket: Socket,
    private readonly address: string,
    parent: string,
  ) {
    this.#directory = mkdtempSync(join(parent, 'treplica-bench-'));
    this.#connection = new Connection(socket, (numbered) => void this.#obey(numbered as NumberedOrder));
    this.ended = this.#serve();
  }

  async dismiss(): Promise<void> {
    this.socket.destroy();
    await this.ended;
  }

  async #serve(): Promise<void> {
    const from = this.socket.remoteAddress ?? 'nowhere';
    console.log(`A driver has come from ${from}.`);
    await this.#connection.ended;
    await this.#replica?.kill();
    await rm(this.#directory, { recursive: true });
    await this.#connection.end();
    console.log(`The driver from ${from} is gone.`);
  }

  async #obey({ id, order }: NumberedOrder): Promise<void> {
    this.#connection.send(
      await this.#answer(order).then(
        (answer): Reply => ({ kind: 'done', id, answer }),
        (error: unknown): Reply => ({
          kind: 'failed',
          id,
          why: error instanceof Error ? error.message : String(error),
        }),
      ),
    );
  }

  async #answer(order: Order): Promise<unknown> {
    switch (order.kind) {
      case 'start':
        this.#replica ??= new ReplicaProcess(
          replicaSetup(
            order.setup,
            order.name,
            { directory: this.#directory, networkInterface: this.address, insecure: true },
            MULTICAST_ADDRESS,
          ),
        );
        return this.#replica.start();
      case 'ask':
        if (this.#replica === null) throw new Error(`There is no replica yet at ${this.address}: start it.`);
        return this.#replica.ask(order.question, order.ask);
      case 'close':
        return this.#replica?.close();
      case 'kill':
        return this.#replica?.kill();
    }
  }
}
