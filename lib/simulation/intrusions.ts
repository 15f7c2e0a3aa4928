/** Troubles that come from outside: of processes that are no members, of other groups, and of forged words. */
import type { StateMachine } from '../machine/state-machine.js';
import { decodeMessage, encodeMessage } from '../paxos/wire/wire.js';
import { COUNTER_AT } from '../transport/frame/frame.js';
import { FrameEncoder } from '../transport/frame/frame-encoder.js';
import { KeyRing } from '../transport/frame/key-ring.js';
import { forgedAsMember } from './forgery.js';
import { Intruder } from './intruder.js';
import type { SentMessage } from './latest-messages.js';
import type { Random } from './random.js';
import { NOTHING, type Trouble } from './trouble.js';
import type { World } from './world.js';

/** Noise, or a frame of some time ago, from nobody. */
export const stranger: Trouble = ({ world, random }) => {
  const { earlierFrame } = world.weather;
  const noise = Buffer.from(Array.from({ length: random.below(200) }, () => random.below(256)));
  world.network.inject(world.scene.queueId, earlierFrame !== null && random.chance(0.7) ? earlierFrame : noise);
  return NOTHING;
};

/**
 * Frames that were sent before are sent again to everyone, some of them changed; and frames of processes that are none, under other
 * keys, or under none.
 */
export const recording: Trouble = ({ world, random }) => {
  const { recorded } = world.sealedFrames;
  if (recorded.length === 0) return undefined;
  const { queueId } = world.scene;
  const from = random.chance(0.3) ? 0 : random.below(recorded.length);
  for (const frame of recorded.slice(from, from + 1 + random.below(60))) {
    world.network.inject(queueId, random.chance(0.8) ? frame : changed(frame, random));
  }
  const words = world.latestMessages.all;
  if (words.length === 0) return NOTHING;
  const { from: sender, start, bytes } = random.pick(words);
  for (const key of [null, { id: 1, bytes: random.bytes(32) }, { id: 2, bytes: random.bytes(32) }]) {
    const encoder = new FrameEncoder(queueId, sender, start, key === null ? null : new KeyRing([key]));
    encoder.join(world.latestMessages.group);
    world.network.inject(queueId, Buffer.concat(encoder.encode([bytes])));
  }
  return NOTHING;
};

/** One bit of it is another, or its counter is. */
function changed(frame: Buffer, random: Random): Buffer {
  const made = Buffer.from(frame);
  const at = random.chance(0.3) ? COUNTER_AT + 4 + random.below(4) : random.below(made.length);
  made[at] = (made[at] ?? 0) ^ (1 << random.below(8));
  return made;
}

/** A few processes of another group speak on the queue's address, whether this group is founded or not. */
export const foreignGroup: Trouble = ({ world, random }) => intruders(world, random, false);

/** A few processes that are no members speak as if they were. */
export const intruder: Trouble = ({ world, random }) => intruders(world, random, true);

function intruders<S extends StateMachine>(world: World<S>, random: Random, areOfGroup: boolean): () => void {
  const there = Array.from({ length: 1 + random.below(3) }, () => {
    const words = areOfGroup || random.chance(0.5) ? [] : wordsOfMembers(world);
    return new Intruder(world, random.fork(), areOfGroup, words.length === 0 ? null : random.pick(words));
  });
  return () => {
    for (const one of there) one.leave();
  };
}

/** The latest words of each kind, where they are those of a process that is a member for certain and still is the same. */
function wordsOfMembers<S extends StateMachine>({ processes, latestMessages }: World<S>): readonly SentMessage[] {
  const members = processes.filter(({ isLost, hasBeenUp }) => !isLost && hasBeenUp);
  return latestMessages.all.filter(({ from }) => members.some(({ id }) => id === from));
}

/** Something is said under the id of a member, as it is now, that it has not said. */
export const forgery: Trouble = ({ world, random }) => {
  const words = wordsOfMembers(world);
  if (words.length === 0) return undefined;
  const { from, start, bytes } = random.pick(words);
  const said = decodeMessage(Buffer.from(bytes));
  const made = said === null ? null : forgedAsMember(said, random, from);
  if (made === null) return undefined;
  const encoder = new FrameEncoder(world.scene.queueId, from, start);
  encoder.join(world.latestMessages.group);
  world.network.inject(world.scene.queueId, Buffer.concat(encoder.encode([encodeMessage(made)])));
  return NOTHING;
};
