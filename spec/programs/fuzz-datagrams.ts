/**
 * `fuzz-datagrams [--count 5000000] [--seed 1] [--key]`: says things to a group of three processes, by datagrams to everyone and by the
 * bulk lane, until each has taken in so many: random bytes, its own frames cut, with bits flipped and again, and well-formed
 * messages with every field at its limits under the group's id, those of the transports among them; with `--key`, to a group that has one, also in the names of
 * its members, without a key and under another, and under the group's as former starts have recorded it. Prints what has been taken in. Fails if a process ends, its queue stops, it takes nothing more in,
 * it orders nothing more, or its memory grows from the first half to the second; with a key also if any message was heard.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { Random } from '../../lib/simulation/random.js';
import { KEY_BYTES } from '../../lib/transport/frame/key-ring.js';
import { boundSocket, closeSocket, freePort, newQueueId } from '../support/udp-testbed.js';
import type { Joined, Question, State } from './fuzz/member.js';
import { type Attack, ATTACKS, Words } from './fuzz/words.js';

const MEMBERS = 3;
/** So many are sent, one of them by the bulk lane to one member, before the members are asked whether they have taken them in. */
const BURST = 500;
/** A member that does not answer for so long hangs. */
const PATIENCE_MS = 120_000;
/** Heap that comes and goes. */
const GROWTH_BYTES_MAX = 24 * 1024 * 1024;

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '5000000' },
    seed: { type: 'string', default: '1' },
    key: { type: 'boolean', default: false },
  },
});
const count = Number(values.count);
const random = new Random(Number(values.seed));
const keyBytes = values.key ? random.bytes(KEY_BYTES) : null;
const key = keyBytes === null ? [] : [keyBytes.toString('base64')];

class Member {
  readonly joined: Promise<Joined>;
  readonly #child: ChildProcess;
  readonly #ended: Promise<never>;

  constructor(queueId: string, directory: string, port: number) {
    const program = new URL('./fuzz/member.js', import.meta.url);
    this.#child = fork(program, [queueId, directory, String(port), ...key], { execArgv: ['--expose-gc'] });
    this.#ended = once(this.#child, 'exit').then(([code, signal]: unknown[]) => {
      throw new Error(`A member has ended with ${String(code ?? signal)}.`);
    });
    this.#ended.catch(() => undefined); // Told by whatever waits for an answer.
    this.joined = this.#next<Joined>();
  }

  async ask(isThorough: boolean): Promise<State> {
    const answer = this.#next<State>();
    this.#child.send({ isThorough } satisfies Question);
    const state = await answer;
    if (state.stopped !== null) throw new Error(`A queue has stopped: ${state.stopped}`);
    return state;
  }

  end(): void {
    this.#child.removeAllListeners('exit');
    if (this.#child.connected) this.#child.disconnect();
  }

  async #next<T>(): Promise<T> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const [told] = (await Promise.race([once(this.#child, 'message', { signal }), this.#ended])) as [T];
    return told;
  }
}

/** Hears what the group says to everyone. */
async function eavesdrop(queueId: string, heard: (datagram: Buffer, from: RemoteInfo) => void): Promise<Socket> {
  const [group = '', port = ''] = queueId.split(':');
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  socket.bind({ address: group, port: Number(port) });
  await once(socket, 'listening');
  socket.addMembership(group, '127.0.0.1');
  socket.on('message', heard);
  return socket;
}

function sayByBulk(port: number, frame: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const connection = connect({ host: '127.0.0.1', port, localAddress: '127.0.0.1' });
    connection.on('error', () => connection.destroy()); // A member closes a connection that brings garbage.
    connection.on('close', () => {
      resolve();
    });
    connection.end(frame);
    connection.resume();
    connection.setTimeout(1_000, () => connection.destroy());
  });
}

function takenIn({ statistics }: State): number {
  const { datagramsReceived, foreignDropped, versionDropped, keyDropped } = statistics;
  const { sealDropped, replaysDropped, unmetDropped } = statistics;
  const dropped = foreignDropped + versionDropped + keyDropped + sealDropped + replaysDropped + unmetDropped;
  return datagramsReceived + dropped;
}

async function run(directory: string): Promise<void> {
  const queueId = await newQueueId();
  const members: Member[] = [];
  const said = Object.fromEntries(ATTACKS.map((attack) => [attack, 0])) as Record<Attack, number>;
  for (let i = 1; i <= MEMBERS; i += 1) members.push(new Member(queueId, join(directory, String(i)), await freePort()));
  const joined = await Promise.all(members.map((member) => member.joined));
  const [first] = joined;
  if (first === undefined) throw new Error('There are members.');
  const words = new Words(queueId, first, random, keyBytes);
  const mouth = await boundSocket('127.0.0.1');
  const { port: ownPort } = mouth.address();
  const ear = await eavesdrop(queueId, (datagram, from) => {
    if (from.port !== ownPort) words.heard(datagram);
  });
  mouth.setMulticastInterface('127.0.0.1');
  const [group = '', port = ''] = queueId.split(':');
  const say = (datagram: Buffer): Promise<void> =>
    new Promise((resolve, reject) => {
      mouth.send(datagram, Number(port), group, (error) => {
        if (error) reject(error);
        else resolve();
      });
    });

  let middle: readonly State[] | null = null;
  try {
    for (let least = 0; least < count;) {
      const burst: Promise<void>[] = [];
      for (let i = 0; i < BURST; i += 1) {
        const attack = random.pick(ATTACKS);
        said[attack] += 1;
        const datagram = words.make(attack);
        burst.push(i === 0 ? sayByBulk(random.pick(joined).port, datagram) : say(datagram));
      }
      await Promise.all(burst);
      // An answer comes behind what has been taken in: the members are never far behind.
      const states = await Promise.all(members.map((member) => member.ask(false)));
      least = Math.min(...states.map(takenIn));
      if (middle === null && least >= count / 2) middle = await Promise.all(members.map((member) => member.ask(true)));
    }
    const end = await Promise.all(members.map((member) => member.ask(true)));
    report(said, middle ?? end, end);
  } finally {
    for (const member of members) member.end();
    await Promise.all([closeSocket(ear), closeSocket(mouth)]);
  }
}

function report(said: Readonly<Record<Attack, number>>, middle: readonly State[], end: readonly State[]): void {
  console.log(`said: ${ATTACKS.map((attack) => `${attack} ${String(said[attack])}`).join(', ')}`);
  end.forEach((state, i) => {
    const grownBytes = state.memoryBytes - (middle[i]?.memoryBytes ?? 0);
    const { statistics, memoryBytes, position } = state;
    console.log(
      `member ${String(i + 1)}: took in ${String(takenIn(state))}, ${JSON.stringify(statistics)}; position ${String(position)}; ` +
        `${String(memoryBytes)} bytes of memory, ${String(grownBytes)} more than in the middle`,
    );
    if (values.key && state.refused > 0) {
      console.log(`Member ${String(i + 1)} has heard what has no key.`);
      process.exitCode = 1;
    }
    if (grownBytes > GROWTH_BYTES_MAX) {
      console.log(`The memory of member ${String(i + 1)} has grown.`);
      process.exitCode = 1;
    }
  });
  if (new Set(end.map(({ position }) => position)).size > 1) console.log('Positions differ: some are behind.');
}

const directory = await mkdtemp(join(tmpdir(), 'treplica-fuzz-'));
try {
  await run(directory);
} finally {
  await rm(directory, { recursive: true, force: true });
}
