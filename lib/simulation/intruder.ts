import { crc32 } from 'node:zlib';

import type { StateMachine } from '../machine/state-machine.js';
import { NO_BASE } from '../model/base.js';
import { constants } from '../model/constants.js';
import type { ProcessId } from '../model/ids.js';
import type { Founding } from '../model/records.js';
import type { Nonce, Start } from '../model/start.js';
import { groupIdOf } from '../model/view.js';
import { describeMessage } from '../paxos/wire/describe.js';
import { isOf, type WireMessage } from '../paxos/wire/routes.js';
import { decodeMessage, encodeMessage } from '../paxos/wire/wire.js';
import { type Destination, EVERYONE, type Transport } from '../transport/transport.js';
import { forged } from './forgery.js';
import type { SentMessage } from './latest-messages.js';
import { lieTo } from './lies.js';
import type { Random } from './random.js';
import type { World } from './world.js';

/** Times between two things that it says by itself, on average. */
const SPEAKS_US_MEAN = 10_000;
/** The share of what it hears that it answers. */
const ANSWERS = 0.2;

const SILENT_LOG = { debug: () => undefined, info: () => undefined, warn: () => undefined };

/**
 * A process that is no member and speaks on the queue's address: under the id of the group, or as one of another group. It
 * hears what is multicast and what it is asked, answers as no process of the group would, and makes words of its own of
 * those of others.
 */
export class Intruder<S extends StateMachine> {
  readonly #world: World<S>;
  readonly #random: Random;
  readonly #self: ProcessId;
  readonly #transport: Transport;
  readonly #founding: Founding;
  readonly #isCopy: boolean;
  /** The latest founding that it has heard of. */
  #proposed: Founding | null = null;
  #isThere = true;

  /**
   * `isOfGroup` tells whether its frames carry the id of the group, or of one of its own; there it may go by the id and start of a
   * member, as it would on a copy of that member's directory.
   */
  constructor(world: World<S>, random: Random, isOfGroup: boolean, copyOf: Pick<SentMessage, 'from' | 'start'> | null) {
    const { queueId, replicas } = world.scene;
    this.#world = world;
    this.#random = random;
    this.#isCopy = copyOf !== null;
    this.#self = copyOf?.from ?? (random.bytes(8).toString('hex') as ProcessId);
    if (!this.#isCopy) world.name(this.#self, 'x');
    this.#founding = this.#ownFounding(replicas);
    const start = copyOf?.start ?? { incarnation: 1, nonce: random.bytes(16).toString('hex') as Nonce };
    this.#transport = world.network.open({
      ...{ queueId, self: this.#self, start, log: SILENT_LOG },
      receiver: (from, _group, bytes, heardStart) => {
        this.#hear(from, bytes, heardStart);
      },
    });
    this.#transport.join(isOfGroup ? world.latestMessages.group : this.#founding.group);
    this.#await();
  }

  leave(): void {
    this.#isThere = false;
    void this.#transport.close();
  }

  #ownFounding(replicas: number): Founding {
    const members = [
      this.#self,
      ...Array.from({ length: replicas - 1 }, () => this.#random.bytes(8).toString('hex') as ProcessId),
    ].sort();
    return {
      attempt: 0,
      members,
      group: groupIdOf(members, 0),
      base: NO_BASE,
      borderInstances: constants.borderInstances,
    };
  }

  #await(): void {
    this.#world.after(Math.round(this.#random.exponential(SPEAKS_US_MEAN)), () => {
      if (!this.#isThere) return;
      this.#speak();
      this.#await();
    });
  }

  #speak(): void {
    const random = this.#random;
    const { all } = this.#world.latestMessages;
    if (random.chance(0.1) && !this.#isCopy) this.#say(EVERYONE, random.pick(this.#wordsOfFounders()));
    if (all.length === 0) return;
    const heard = decodeMessage(Buffer.from(random.pick(all).bytes));
    const message = heard === null ? null : forged(heard, random, this.#self);
    if (message !== null) this.#say(EVERYONE, message);
  }

  /** Nothing that would make a process join: to come upon a group that it does not know is how one finds its own. */
  #wordsOfFounders(): readonly WireMessage[] {
    const founding = this.#founding;
    return [
      {
        kind: 'hello',
        replicas: this.#world.scene.replicas,
        intent: 'join',
        base: '',
        borderInstances: constants.borderInstances,
      },
      { kind: 'found', founding },
      { kind: 'signed', founding },
      { kind: 'unwilling', refused: founding.group },
      { kind: 'stuck', founding: founding.group },
      { kind: 'withdrawn', withdrawal: { founding, by: founding.members } },
    ];
  }

  #hear(from: ProcessId, bytes: Buffer, start: Start): void {
    if (!this.#isThere) return;
    const message = decodeMessage(bytes);
    // A process that founds a group hears any group, and takes a founder's word for a founder's.
    if (message === null || (this.#isCopy && isOf('founding', message))) return;
    if (message.kind === 'found' || message.kind === 'signed') this.#proposed = message.founding;
    // A founder says hello a few times only.
    if (message.kind !== 'hello' && !this.#random.chance(ANSWERS)) return;
    const answer = lieTo(message, start, this.#proposed, this.#random);
    if (answer !== null) this.#say(from, answer);
  }

  #say(to: Destination, message: WireMessage): void {
    const bytes = encodeMessage(message);
    const { log, nameOf } = this.#world;
    log.note(
      'x',
      'says',
      crc32(bytes),
      () => `to ${to === EVERYONE ? 'all' : nameOf(to)}: ${describeMessage(message, nameOf)}`,
    );
    this.#transport.send(to, bytes);
    this.#transport.flush();
  }
}
