/**
 * What an attacker says who knows the group's id and its members, and hears all that they say to everyone; where the group has a key,
 * also what starts may have said under it that live no more.
 */
import fc, { type Arbitrary } from 'fast-check';

import { type Batch, batchId, boundTo, ofKind, VALUE_KINDS } from '../../../lib/model/batch.js';
import { constants } from '../../../lib/model/constants.js';
import { COUNTER_MAX, type Instance, NO_GROUP, type ProcessId } from '../../../lib/model/ids.js';
import { INCARNATION_MAX, type Nonce, type Start } from '../../../lib/model/start.js';
import type { WireMessage } from '../../../lib/paxos/wire/routes.js';
import { encodeMessage } from '../../../lib/paxos/wire/wire.js';
import type { Random } from '../../../lib/simulation/random.js';
import { encodeAdmission, NO_PROOF } from '../../../lib/transport/frame/admission-messages.js';
import { FRAME_BYTES_MAX, ORIGIN_BYTES } from '../../../lib/transport/frame/frame.js';
import { FrameEncoder } from '../../../lib/transport/frame/frame-encoder.js';
import { KEY_BYTES, KeyRing } from '../../../lib/transport/frame/key-ring.js';
import { encodeLaneMessage, type LaneMessage } from '../../../lib/transport/frame/lane-messages.js';
import { OriginCache } from '../../../lib/transport/frame/origin-cache.js';
import { messageKinds, messagesOf } from '../../support/arbitraries.js';
import { coreFields } from '../../support/core-messages.js';
import { foundingOf } from '../../support/founding-of.js';
import { SOME_START } from '../../support/station.js';
import type { Joined } from './member.js';

/** The same as the members' key has. */
const KEY_ID = 1;

/** Every number that a message is compared with, and both ends of what can be sent. */
const LIMITS = [
  ...[0, 1, 2, 511, 512, 513, 1_023, 1_024, 4_095, 4_096],
  ...[2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 48, COUNTER_MAX - 513, COUNTER_MAX - 1, COUNTER_MAX],
];

/** Of each kind, so many messages are made; each is said many times. */
const MESSAGES_A_KIND = 200;

const numbers = fc.oneof(fc.constantFrom(...LIMITS), fc.nat(2_000));
const instances = numbers.map((number) => number as Instance);

/** Well-formed messages with every field at its limits, that name the group, its members and its instances. */
function atTheLimits({ group, members }: Joined): Uint8Array[] {
  const processes = fc.constantFrom(...members, 'f'.repeat(16) as ProcessId);
  const ids = fc
    .tuple(processes, fc.constantFrom(1, 2 ** 32, 10 ** 15 - 1), instances, numbers, fc.constantFrom(...VALUE_KINDS))
    .map(([process, incarnation, since, sequence, kind]) =>
      boundTo(ofKind(kind, batchId(process, incarnation, Math.min(sequence, 10 ** 15 - 1), since)), sequence % 2 ** 32),
    );
  const bodies = fc.uint8Array({ maxLength: 1_000 }).map((bytes) => Buffer.from(bytes));
  const batches: Arbitrary<Batch> = fc.record({ id: ids, body: bodies });
  const ballots = fc.record({ reign: numbers, coordinator: processes, step: fc.constantFrom(0 as const, 1 as const) });
  const fieldsOf = coreFields({
    ...{ numbers, instances, processes, ballots, ids, batches },
    foundings: fc.constantFrom(foundingOf(members, 0), foundingOf(['f'.repeat(16) as ProcessId], COUNTER_MAX)),
    groups: fc.constant(group),
    hello: {
      replicas: fc.constantFrom(1, members.length, 31),
      intent: fc.constantFrom('found', 'wait', 'join'),
      base: fc.constant(''),
      borderInstances: fc.constantFrom(1, constants.borderInstances, constants.borderInstancesMax),
    },
  });
  return Object.entries(fieldsOf).flatMap(([kind, fields]) => {
    const all: Readonly<Record<string, Arbitrary<unknown>>> = { kind: fc.constant(kind), ...fields };
    return fc.sample(fc.record(all) as Arbitrary<WireMessage>, { numRuns: MESSAGES_A_KIND, seed: 1 }).map(copyOf);
  });
}

/** All kinds with fields at random, those that are no matter of the core among them. */
function atRandom(): Uint8Array[] {
  return messageKinds.flatMap((kind) => fc.sample(messagesOf(kind), { numRuns: MESSAGES_A_KIND, seed: 2 }).map(copyOf));
}

/** The messages of transports about their lanes, with every field at its limits and beyond. */
function ofLanes(): Uint8Array[] {
  const u16 = fc.constantFrom(0, 1, 399, 400, 2 ** 15, 2 ** 16 - 1);
  const u32 = fc.constantFrom(0, 1, 399, 400, 60_000, 60_001, 2 ** 31 - 1, 2 ** 31, FRAME_BYTES_MAX, 2 ** 32 - 1);
  const ids = fc.tuple(u32, u32).map((halves) => halves.map((half) => half.toString(16).padStart(8, '0')).join(''));
  const bytes = fc.uint8Array({ maxLength: 500 }).map((all) => Buffer.from(all));
  const places = ['127.0.0.1', '0.0.0.0', '255.255.255.255', '::1', '::', '1.2', ':', 'f'.repeat(45)];
  const kinds: readonly Arbitrary<LaneMessage>[] = [
    fc.constantFrom<LaneMessage>({ kind: 'here' }, { kind: 'deaf' }, { kind: 'coming' }),
    fc.record({ kind: fc.constantFrom('got' as const, 'gone' as const), id: ids }),
    fc.record({ kind: fc.constantFrom('probe' as const, 'echo' as const), tick: u32 }),
    fc.record({ kind: fc.constant('advice' as const), id: ids, partBytes: u32, isForEveryone: fc.boolean() }),
    fc.record({ kind: fc.constant('want' as const), id: ids, parts: fc.array(u32, { maxLength: 65 }) }),
    fc.record({ kind: fc.constant('part' as const), id: ids, part: u32, bytes }),
    fc.record({
      kind: fc.constant('fragment' as const),
      burst: u32,
      part: u16,
      partBytes: u16,
      messageBytes: u32,
      bytes,
    }),
    fc.record({ kind: fc.constant('again' as const), burst: u32, parts: fc.array(u16, { maxLength: 65 }) }),
    fc.record({ kind: fc.constant('knock' as const), port: u16, isAnswer: fc.boolean() }),
    fc.record({ kind: fc.constant('neighbour' as const), port: u16, address: fc.constantFrom(...places) }),
  ];
  return kinds.flatMap((kind) =>
    fc
      .sample(kind, { numRuns: MESSAGES_A_KIND, seed: 3 })
      .map((message) => Uint8Array.from(encodeLaneMessage(message))),
  );
}

function copyOf(message: WireMessage): Uint8Array {
  return Uint8Array.from(encodeMessage(message));
}

export const ATTACKS = ['random', 'cut', 'flipped', 'replayed', 'well-formed', 'recorded'] as const;

export type Attack = (typeof ATTACKS)[number];

/** Makes datagrams and frames. */
export class Words {
  /** Datagrams of the group, as they were heard. */
  readonly #heard: Buffer[] = [];
  readonly #messages: readonly Uint8Array[];
  readonly #laneMessages = ofLanes();
  readonly #otherKeys: KeyRing;
  readonly #groupKeys: KeyRing | null;
  readonly #origins = new OriginCache();
  readonly #originAt: number;

  constructor(
    private readonly queueId: string,
    private readonly joined: Joined,
    private readonly random: Random,
    key: Uint8Array | null,
  ) {
    this.#groupKeys = key === null ? null : new KeyRing([{ id: KEY_ID, bytes: key }]);
    this.#otherKeys = new KeyRing([{ id: KEY_ID, bytes: random.bytes(KEY_BYTES) }]);
    this.#originAt = new FrameEncoder(queueId, joined.process, SOME_START, this.#otherKeys).headerBytes - ORIGIN_BYTES;
    this.#messages = [...atTheLimits(joined), ...atRandom()];
  }

  heard(datagram: Buffer): void {
    if (this.#heard.length < 2_000) this.#heard.push(datagram);
    else this.#heard[this.random.below(this.#heard.length)] = datagram;
  }

  make(attack: Attack): Buffer {
    const { random } = this;
    switch (attack) {
      case 'random':
        return random.bytes(random.below(200));
      case 'cut': {
        const heard = this.#any();
        return heard.subarray(0, random.below(heard.length));
      }
      case 'flipped': {
        const heard = Buffer.from(this.#any());
        for (let flips = 1 + random.below(4); flips > 0; flips -= 1) {
          const at = random.below(heard.length);
          heard.writeUInt8(heard.readUInt8(at) ^ (1 << random.below(8)), at);
        }
        return heard;
      }
      case 'replayed':
        return this.#any();
      case 'well-formed':
        return this.#wellFormed();
      case 'recorded':
        return this.#recorded();
    }
  }

  #any(): Buffer {
    return this.#heard.length === 0 ? Buffer.alloc(100) : this.random.pick(this.#heard);
  }

  /**
   * One to three messages in a frame under the group's id, of somebody who is no member. Where the group has a key, also under
   * another key with the same id and without one, and in the name of a member's start.
   */
  #wellFormed(): Buffer {
    const { random, joined } = this;
    const messages = Array.from({ length: 1 + random.below(3) }, () => this.#message());
    const hasKey = this.#groupKeys !== null;
    const { sender, start } = hasKey && random.chance(0.5) ? this.#someMember() : this.#stranger();
    const keys = hasKey && random.chance(0.7) ? this.#otherKeys : null;
    const encoder = new FrameEncoder(this.queueId, sender, start, keys);
    encoder.join(random.chance(0.95) ? joined.group : NO_GROUP);
    return Buffer.concat(encoder.encode(messages, random.chance(0.9) ? 'datagram' : 'bulk'));
  }

  /** Of a start of a member, or of somebody else, that lives no more: it brings back no proof. Without a key everybody is heard. */
  #recorded(): Buffer {
    const { random, joined } = this;
    const messages = Array.from({ length: 1 + random.below(3) }, () =>
      random.chance(0.7) ? this.#ofAdmission() : this.#message(),
    );
    const { sender, start } = this.#stranger();
    const isMember = this.#groupKeys !== null && random.chance(0.5);
    const encoder = new FrameEncoder(
      this.queueId,
      isMember ? this.#someMember().sender : sender,
      start,
      this.#groupKeys,
    );
    encoder.join(joined.group);
    return Buffer.concat(encoder.encode(messages, random.chance(0.5) ? 'datagram' : 'bulk'));
  }

  #message(): Uint8Array {
    const { random } = this;
    return random.pick(random.chance(0.8) ? this.#messages : this.#laneMessages);
  }

  /** With a port of the fuzzer's, of nobody, or none; and a proof of nothing, of this start of a member, or of another. */
  #ofAdmission(): Uint8Array {
    const { random } = this;
    const proof = random.bytes(NO_PROOF.length);
    if (random.chance(0.5)) proof.write(this.#someMember().start.nonce, 0, 4, 'hex');
    return encodeAdmission({
      kind: random.pick(['opening', 'challenge', 'answer'] as const),
      port: random.pick([0, 1, this.joined.port, 2 ** 16 - 1]),
      proof: random.chance(0.2) ? NO_PROOF : proof,
    });
  }

  #stranger(): { readonly sender: ProcessId; readonly start: Start } {
    const { random } = this;
    const nonce = random.bytes(16).toString('hex') as Nonce;
    return {
      sender: random.bytes(8).toString('hex') as ProcessId,
      start: { incarnation: random.pick([1, 2, INCARNATION_MAX]), nonce },
    };
  }

  /** Whose frame was heard: its origin is in the clear. */
  #someMember(): { readonly sender: ProcessId; readonly start: Start } {
    const frame = this.#any();
    return frame.length < this.#originAt + ORIGIN_BYTES ? this.#stranger() : this.#origins.read(frame, this.#originAt);
  }
}
