import { once } from 'node:events';
import { connect } from 'node:net';

import type { GroupSetup } from '../group.js';
import type { Questions, Startup } from '../replica.js';
import type { Replica } from '../replica-handle.js';
import { Connection } from './connection.js';
import type { NumberedOrder, Order, Reply } from './orders.js';

interface Waiter {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

/** A replica on the machine of a node. */
class RemoteReplica implements Replica {
  #nextId = 0;
  /** Why the node does nothing for us any more. */
  #over: Error | null = null;
  readonly #waiters = new Map<number, Waiter>();
  readonly #connection: Connection;

  private constructor(
    readonly name: string,
    socket: ReturnType<typeof connect>,
    private readonly setup: GroupSetup,
  ) {
    this.#connection = new Connection(socket, (reply) => {
      this.#hear(reply as Reply);
    });
    void this.#connection.ended.then((error) => {
      this.#end(new Error(`The connection to the node at ${name} has ended (${error?.message ?? 'it has stopped'}).`));
    });
  }

  /**
   * Takes the node at `address` into service. The replica is named by that address.
   * @throws Error that says how to start a node where none answers
   */
  static async at(address: string, setup: GroupSetup): Promise<RemoteReplica> {
    const socket = connect({ host: address, port: setup.port });
    try {
      await once(socket, 'connect');
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new Error(
        `No node can be reached (${why}): start one there, npm run bench -- node --interface ${address} --port ${setup.port}.`,
        { cause },
      );
    }
    return new RemoteReplica(address, socket, setup);
  }

  async start(): Promise<Startup> {
    return (await this.#order({ kind: 'start', name: this.name, setup: this.setup })) as Startup;
  }

  async ask<K extends keyof Questions>(kind: K, ask: Questions[K]['ask']): Promise<Questions[K]['answer']> {
    return (await this.#order({ kind: 'ask', question: kind, ask })) as Questions[K]['answer'];
  }

  async close(): Promise<void> {
    await this.#order({ kind: 'close' });
  }

  async kill(): Promise<void> {
    await this.#order({ kind: 'kill' });
  }

  /** Dismisses the node; resolves when it has removed everything. */
  async disconnect(): Promise<void> {
    await this.#connection.end();
  }

  #order(order: Order): Promise<unknown> {
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve, reject) => {
      if (this.#over !== null) {
        reject(this.#over);
        return;
      }
      this.#waiters.set(id, { resolve, reject });
      this.#connection.send({ id, order } satisfies NumberedOrder);
    });
  }

  #hear(reply: Reply): void {
    if (reply.kind === 'refused') {
      this.#end(new Error(reply.why));
      return;
    }
    const waiter = this.#waiters.get(reply.id);
    this.#waiters.delete(reply.id);
    if (reply.kind === 'done') waiter?.resolve(reply.answer as never);
    else waiter?.reject(new Error(reply.why));
  }

  #end(error: Error): void {
    this.#over ??= error;
    for (const waiter of this.#waiters.values()) waiter.reject(this.#over);
    this.#waiters.clear();
  }
}

/**
 * Runs `work` on the first `setup.replicas` of the nodes at these addresses, a replica each; they are dismissed
 * afterwards, however it ends.
 */
export async function withNodes<T>(
  addresses: readonly string[],
  setup: GroupSetup,
  work: (replicas: readonly Replica[]) => Promise<T>,
): Promise<T> {
  const replicas: RemoteReplica[] = [];
  try {
    for (const address of addresses.slice(0, setup.replicas)) replicas.push(await RemoteReplica.at(address, setup));
    await Promise.all(replicas.map((replica) => replica.start()));
    const result = await work(replicas);
    await Promise.all(replicas.map((replica) => replica.close()));
    return result;
  } finally {
    await Promise.all(replicas.map((replica) => replica.disconnect()));
  }
}
