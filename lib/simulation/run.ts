import type { Mode } from '../consensus/mode.js';
import type { StateMachine } from '../machine/state-machine.js';
import { development } from '../model/development.js';
import { loadCiphers } from '../transport/frame/frame-key.js';
import { Callers, type Workload } from './callers.js';
import type { Invariants } from './checkers/invariants.js';
import type { Violation } from './event-log.js';
import type { RecordedCall } from './history.js';
import { rotateAtLast } from './last-rotation.js';
import { countMemberEvents } from './member-events.js';
import { Nemesis } from './nemesis.js';
import type { SimulatedProcess } from './process.js';
import { conditionsOf, type ProfileName } from './profiles.js';
import { Random } from './random.js';
import { standsWith } from './standing-majority.js';
import { World } from './world.js';

/** The simulated application. */
export interface Application<S extends StateMachine> {
  /** Makes the state that every replica begins with: a new object, and the same contents, every time. */
  readonly initialState: () => S;
  readonly workload: Workload<S>;
  /** Conditions that hold for every state; checked about every sixteenth operation, and at the end. */
  readonly invariants?: Invariants<S>;
  /** Looks at all calls of a run in the end. Says what is wrong with them, or null. */
  readonly judge?: (calls: readonly RecordedCall[]) => string | null;
}

export interface RunOptions {
  readonly seed: number;
  readonly profile: ProfileName;
  /** Default: drawn from the seed. */
  readonly replicas?: number | undefined;
  readonly mode?: Mode | undefined;
  /** How long faults go on, in virtual seconds. */
  readonly faultySeconds: number;
  readonly isTraced: boolean;
}

export interface RunResult {
  readonly seed: number;
  readonly profile: ProfileName;
  readonly replicas: number;
  readonly mode: Mode;
  readonly virtualSeconds: number;
  readonly events: number;
  /** Of everything that has happened: the same for the same seed and code. */
  readonly digest: string;
  /** How long it took, once the faults had ended, until everything outstanding was complete, in virtual seconds. */
  readonly recoverySeconds: number;
  /** Operations and reads that were answered. */
  readonly answered: number;
  /** How often faults have happened, by kind. */
  readonly faults: ReadonlyMap<string, number>;
  readonly violation: Violation | null;
  /** The events in words; empty if the trace was not asked for. */
  readonly trace: readonly string[];
}

/** Once faults have ended, everything that is outstanding is complete within so much virtual time. */
const PEACE_US = 30e6;

/** One run: first the faults, in which nothing wrong may happen, then peace, in which everything must come to an end. */
export async function run<S extends StateMachine>(
  application: Application<S>,
  options: RunOptions,
): Promise<RunResult> {
  // A state that cannot be saved must be found for every value of NODE_ENV.
  development.isOn = true;
  // Virtual time does not wait for what is loaded.
  await loadCiphers();
  const random = new Random(options.seed);
  const conditions = conditionsOf(options.profile, random.fork());
  const { replicas = conditions.replicas, mode = conditions.mode } = options;
  const world = new World<S>({
    seed: options.seed,
    queueId: '239.255.0.1:7400',
    replicas,
    spares: conditions.spares,
    autoReplaceMs: conditions.autoReplaceMs,
    mode,
    recover: conditions.recover,
    checkpoint: conditions.checkpoint,
    deliveryRowsMax: conditions.deliveryRowsMax,
    maxDatagramBytes: conditions.maxDatagramBytes,
    limits: conditions.limits,
    ways: conditions.ways,
    keys: conditions.keys,
    initialState: application.initialState,
    invariants: application.invariants ?? {},
    isTraced: options.isTraced,
  });
  noteLimits(world);
  const callers = new Callers(world, {
    workload: application.workload,
    random: random.fork(),
    callers: conditions.callers,
    pauseUsMean: conditions.pauseMs * 1_000,
  });
  const nemesis = new Nemesis(world, conditions, random.fork());
  countMemberEvents(world);
  let peaceUs = 0;
  try {
    nemesis.begin();
    await world.pass(options.faultySeconds * 1e6);
    peaceUs = world.nowUs;
    await endInPeace(world, callers, nemesis, application);
  } catch (error) {
    world.log.violate('exceptions', error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  return {
    seed: options.seed,
    profile: options.profile,
    replicas,
    mode,
    virtualSeconds: world.nowUs / 1e6,
    recoverySeconds: (world.nowUs - peaceUs) / 1e6,
    events: world.log.events,
    digest: world.log.digest,
    answered: callers.answered,
    faults: world.faults,
    violation: world.log.violation,
    trace: world.log.lines ?? [],
  };
}

/** The first line of a trace where limits are drawn. */
function noteLimits<S extends StateMachine>({ log, scene: { limits } }: World<S>): void {
  if (limits === undefined) return;
  log.note('', 'limits', limits.length, () => `of the processes, in turn: ${JSON.stringify(limits)}`);
}

async function endInPeace<S extends StateMachine>(
  world: World<S>,
  callers: Callers<S>,
  nemesis: Nemesis<S>,
  { judge }: Application<S>,
): Promise<void> {
  if (world.log.violation !== null) return;
  callers.end();
  const survivors = nemesis.end();
  world.log.note('', 'peace', survivors.length, () => `for ${survivors.map(({ name }) => name).join(', ')}`);
  const areUp = (): boolean => survivors.every(({ machine }) => machine !== null);
  if (!(await world.until(() => areUp() && callers.areDone, PEACE_US))) {
    violateLiveness(world, survivors, 'somebody at a process that is up still waits for an answer');
    return;
  }
  if (world.scene.keys === 'files') {
    let isRotated = false;
    void rotateAtLast(world, survivors).then(() => (isRotated = true));
    if (!(await world.until(() => isRotated, PEACE_US))) {
      violateLiveness(world, survivors, 'a change of the keys has not come to its end');
      return;
    }
  }
  if (!(await world.until(() => areMembersPresent(world, survivors), PEACE_US))) {
    violateLiveness(world, survivors, 'members are missing, and observers there to replace them');
    return;
  }
  // A process may learn only now that its votes are lost, and begin anew: it is called again then.
  const called = new Set<unknown>();
  const answered = new Set<unknown>();
  const isAnswered = (process: SimulatedProcess<S>): boolean => {
    const { life, machine } = process;
    if (life === null || machine === null) return false;
    if (!called.has(life)) {
      called.add(life);
      void callers.callOnce(process, `last at ${process.name}`).then(() => answered.add(life));
    }
    return answered.has(life);
  };
  const countAnswered = (): number => survivors.filter((process) => isAnswered(process)).length;
  if (!(await world.until(() => countAnswered() === survivors.length, PEACE_US))) {
    violateLiveness(world, survivors, `only ${countAnswered()} of ${survivors.length} last calls have been answered`);
    return;
  }
  const positions = (): Set<number | undefined> => new Set(survivors.map(({ life }) => life?.position));
  if (!(await world.until(() => positions().size === 1, PEACE_US))) {
    violateLiveness(world, survivors, 'the processes are not level');
    return;
  }
  world.watch.finish(survivors);
  const verdict = judge?.(callers.history.calls) ?? null;
  if (verdict !== null) world.log.violate('judge', verdict);
}

/** Where silent members are replaced, the group has only members that are there, if there are enough processes. */
function areMembersPresent<S extends StateMachine>(
  { scene, watch }: World<S>,
  survivors: readonly SimulatedProcess<S>[],
): boolean {
  const members = watch.electorate.views.at(-1)?.members ?? [];
  if (scene.autoReplaceMs === undefined || survivors.length < members.length) return true;
  return members.every((member) => survivors.some(({ id }) => id === member));
}

/**
 * Tells that `what` has happened. The waiting may also have ended because time stands still, since something else has
 * gone wrong.
 */
function violateLiveness<S extends StateMachine>(
  world: World<S>,
  survivors: readonly SimulatedProcess<S>[],
  what: string,
): void {
  const { scene } = world;
  if (scene.spares !== undefined && !standsWith(world, survivors)) {
    // A change that was under way has left the group to processes that have lost their disks or are down.
    world.happened('majority lost');
    return;
  }
  const states = survivors.map(({ name, life, machine }) => {
    const state = life === null ? 'is down' : machine === null ? 'does not come up' : `has executed ${life.position}`;
    return `${name} ${state}`;
  });
  world.log.violate('liveness', `${PEACE_US / 1e6} virtual seconds after the last fault ${what}: ${states.join(', ')}`);
}
