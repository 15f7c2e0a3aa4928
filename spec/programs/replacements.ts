/**
 * `replacements [--rounds 12] [--seed 1] [--unicast]`: a group of three under load, of which in each round one process is replaced by a new one;
 * every second time the process is killed first, and the coordinator's turn comes as that of any other. On hosts of their own, where
 * the machine lets us make network namespaces, otherwise on loopback. Prints what has happened; fails where something acknowledged is
 * lost or executed twice, states differ, or a caller of a process that lives is told anything but its outcome.
 */
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

import { Hosts, missingForHosts } from '../support/namespaces.js';
import { ProcessGroup } from '../support/process-group.js';
import type { ReplicaProcess } from '../support/replica-process.js';
import { seededRandom } from '../support/seeded-random.js';
import { newPlaces } from '../support/udp-testbed.js';

export interface ReplacementsOptions {
  readonly rounds: number;
  readonly seed: number;
  /** Whether they listen at addresses, of which a newcomer is told those of the members, or meet by multicast. */
  readonly unicast: boolean;
}

export interface ReplacementsSummary {
  /** The processes have a host each on one bridge, or share the loopback interface: then it says why. */
  readonly network: string;
  readonly acknowledged: number;
  /** Processes that were members, in the order in which they were replaced. */
  readonly replaced: readonly string[];
  readonly coordinatorsReplaced: number;
  /** The members at the end. */
  readonly members: readonly string[];
  readonly violations: readonly string[];
}

const MEMBERS = 3;
const CALLERS = 4;
const NOTES_A_ROUND = 300;
const ATTEMPTS_MAX = 200;
const CHECKPOINT = { everyPositions: 1_000, logMarginBytes: 64 * 1024 };

class Replacements {
  readonly #group: ProcessGroup;
  readonly #random: () => number;
  /** Where each process listens; null with multicast. */
  readonly #places: readonly string[] | null;
  readonly replaced: string[] = [];
  coordinatorsReplaced = 0;

  constructor(group: ProcessGroup, random: () => number, places: readonly string[] | null) {
    this.#group = group;
    this.#random = random;
    this.#places = places;
  }

  async run(rounds: number): Promise<void> {
    let members = this.#group.replicas.slice(0, MEMBERS);
    for (const member of members) this.#introduce(member, members);
    await Promise.all(members.map((member) => member.start()));
    await this.#group.load(CALLERS);
    for (let round = 0; round < rounds; round += 1) {
      await this.#group.pass(NOTES_A_ROUND);
      const former = this.#chosen(members, round);
      const newcomer = this.#group.replica(MEMBERS + round);
      newcomer.use({ recover: true });
      this.#introduce(newcomer, members);
      await newcomer.start();
      await this.#replace(former, newcomer, members, round % 2 === 1);
      members = [...members.filter((member) => member !== former), newcomer];
    }
    await this.#group.pass(NOTES_A_ROUND);
    await this.#group.stopLoad();
  }

  #introduce(process: ReplicaProcess, members: readonly ReplicaProcess[]): void {
    const places = this.#places;
    if (places === null) return;
    const placeOf = (replica: ReplicaProcess): string => places[this.#group.replicas.indexOf(replica)] ?? '';
    process.use({ listen: placeOf(process), peers: members.map(placeOf) });
  }

  /** At first those that founded the group, so that none of them is left; the coordinator, where it is one of them. */
  #chosen(members: readonly ReplicaProcess[], round: number): ReplicaProcess {
    const founders = members.filter((member) => this.#group.replicas.indexOf(member) < MEMBERS);
    const from = founders.length > 0 ? founders : members;
    const { coordinator } = this.#group;
    const isCoordinatorsTurn = coordinator !== undefined && from.includes(coordinator) && round % 3 !== 2;
    const chosen = isCoordinatorsTurn ? coordinator : from[Math.floor(this.#random() * from.length)];
    if (chosen === undefined) throw new Error('there is nobody to replace');
    if (chosen === coordinator) this.coordinatorsReplaced += 1;
    return chosen;
  }

  async #replace(
    former: ReplicaProcess,
    newcomer: ReplicaProcess,
    members: readonly ReplicaProcess[],
    isKilledFirst: boolean,
  ): Promise<void> {
    const [add, remove] = [newcomer.processId, former.processId];
    if (add === null || remove === null) throw new Error('a process has told no id');
    if (isKilledFirst) await former.kill();
    const asking = [...members, newcomer].filter((process) => process !== former && process.running);
    const asked = asking[Math.floor(this.#random() * asking.length)] ?? newcomer;
    await this.#change(asked, add, remove);
    // Not before: what it puts while a checkpoint takes it past instances has an outcome that it cannot know.
    await newcomer.load(CALLERS);
    await former.kill();
    this.replaced.push(remove);
  }

  /** Under load a newcomer may lag at any moment, as the process that is asked knows it: it is asked again, as an operator would. */
  async #change(asked: ReplicaProcess, add: string, remove: string): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await asked.ask({ kind: 'change-members', add: [add], remove: [remove] });
        return;
      } catch (error) {
        if (attempt === ATTEMPTS_MAX || (error as Error).message !== 'NOT_LEVEL') throw error;
        await this.#group.pass(NOTES_A_ROUND / 10);
      }
    }
  }
}

export async function replacements({ rounds, seed, unicast }: ReplacementsOptions): Promise<ReplacementsSummary> {
  const missing = missingForHosts({ filters: false });
  const count = MEMBERS + rounds;
  const hosts = missing === null ? new Hosts(count) : null;
  const group = await ProcessGroup.create(MEMBERS, {
    extra: rounds,
    options: {
      checkpoint: CHECKPOINT,
      ...(hosts === null || unicast ? {} : { networkInterface: Hosts.interfaceName }),
      insecure: hosts !== null,
    },
    ...(hosts === null ? {} : { under: (index) => hosts.command(index) }),
  });
  try {
    const places = unicast ? await placesOf(count, hosts) : null;
    const run = new Replacements(group, seededRandom(seed), places);
    await run.run(rounds);
    const members = await membersAt(group);
    return {
      network: missing === null ? 'hosts' : `loopback, because ${missing}`,
      acknowledged: group.acknowledgedCount,
      replaced: run.replaced,
      coordinatorsReplaced: run.coordinatorsReplaced,
      members,
      violations: [
        ...(await group.violations()),
        ...group.replicas.flatMap(({ setup, unknownOutcomes }) =>
          unknownOutcomes.map((told) => `${setup.name}: ${told}`),
        ),
        ...group.replicas.flatMap(({ setup, failure }) =>
          failure === null ? [] : [`${setup.name}: ${failure.message}`],
        ),
      ],
    };
  } finally {
    await group.close();
    hosts?.remove();
  }
}

function placesOf(count: number, hosts: Hosts | null): string[] | Promise<string[]> {
  if (hosts === null) return newPlaces(count, '127.0.0.1');
  return Array.from({ length: count }, (_, index) => `${hosts.addressOf(index)}:7400`);
}

/** Once all that run know the same. */
async function membersAt(group: ProcessGroup): Promise<readonly string[]> {
  let known: readonly (readonly string[])[] = [];
  const look = async (): Promise<void> => {
    known = await Promise.all(group.running.map((process) => process.ask<readonly string[]>({ kind: 'members' })));
  };
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    await look();
    if (new Set(known.map((members) => members.join())).size === 1) break;
    await group.pass(0);
  }
  return known[0] ?? [];
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '12' },
      seed: { type: 'string', default: '1' },
      unicast: { type: 'boolean', default: false },
    },
  });
  const { rounds, seed, unicast } = values;
  const summary = await replacements({ rounds: Number(rounds), seed: Number(seed), unicast });
  console.log(JSON.stringify(summary, null, 2));
  process.exitCode = summary.violations.length === 0 ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
