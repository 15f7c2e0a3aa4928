import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { Operation, operation, type ExecutionContext } from '../../lib/index.js';
import { NO_BALLOT } from '../../lib/model/ballot.js';
import type { ProcessId } from '../../lib/model/ids.js';
import { damage, type Damage } from '../../lib/simulation/damage.js';
import type { Life } from '../../lib/simulation/life.js';
import type { SimulatedProcess } from '../../lib/simulation/process.js';
import { Random } from '../../lib/simulation/random.js';
import { troubles, type Stage } from '../../lib/simulation/troubles.js';
import { FAIR, Weather, type Climate } from '../../lib/simulation/weather.js';
import { World, type Scene } from '../../lib/simulation/world.js';
import { FrameDecoder, FrameEncoder } from '../../lib/transport/frame.js';
import type { Copy, Passenger } from '../../lib/transport/memory-network.js';
import { Append, Journal } from '../programs/journal.js';

const QUEUE = '239.255.0.1:7400';
const SECOND_US = 1e6;

type Process = SimulatedProcess<Journal>;

/** Returns the time that was decided. */
@operation('spec.world.tell-time')
class TellTime extends Operation<Journal, number> {
  execute(_journal: Journal, { time }: ExecutionContext): number {
    return time;
  }
}

function worldOf(scene: Partial<Scene<Journal>> = {}): World<Journal> {
  return new World({
    seed: 1,
    queueId: QUEUE,
    replicas: 3,
    mode: 'classic',
    initialState: () => new Journal(),
    invariants: {},
    isTraced: true,
    ...scene,
  });
}

/** A world whose processes are all up. */
async function startedWorld(scene?: Partial<Scene<Journal>>): Promise<World<Journal>> {
  const world = worldOf(scene);
  for (const process of world.processes) process.start();
  await comeUp(world, ...world.processes);
  return world;
}

async function comeUp(world: World<Journal>, ...processes: readonly Process[]): Promise<void> {
  expect(await world.until(() => processes.every(({ machine }) => machine !== null), 30 * SECOND_US)).toBe(true);
}

/** Has a process append this; returns whether it has been answered by now. */
function append(process: Process, entry: string): { isAnswered: boolean } {
  const call = { isAnswered: false };
  const answered = (): void => void (call.isAnswered = true);
  process.machine!.execute(new Append(entry)).then(answered, answered);
  return call;
}

async function appendAll(world: World<Journal>, process: Process, entries: readonly string[]): Promise<void> {
  for (const entry of entries) {
    const call = append(process, entry);
    expect(await world.until(() => call.isAnswered, 30 * SECOND_US)).toBe(true);
  }
}

/** What a process has done from a moment on, event by event. */
function eventsOf(world: World<Journal>, { name }: Process, fromUs = 0): string[] {
  return world.log.lines!.filter((line) => {
    const [seconds, who] = line.trim().split(/ +/);
    return who === name && Number(seconds) * 1e6 > fromUs;
  });
}

describe('time', () => {
  let world: World<Journal>;
  let happened: string[];

  beforeEach(() => {
    world = worldOf();
    happened = [];
  });

  const plan = (us: number, what: string): void => world.after(us, () => happened.push(`${what} at ${world.nowUs}`));

  it('brings what is due first, and first come, first served where that is the same', async () => {
    plan(20, 'c');
    plan(10, 'a');
    plan(10, 'b');
    world.after(10, () => plan(5, 'between'));
    await world.pass(100);
    expect(happened).toEqual(['a at 10', 'b at 10', 'between at 15', 'c at 20']);
    expect(world.nowUs).toBe(100);
  });

  it('stops when what is waited for has come', async () => {
    plan(10, 'a');
    plan(20, 'b');
    expect(await world.until(() => happened.length === 1, 100)).toBe(true);
    expect(world.nowUs).toBe(10);
  });

  it('passes no longer than it is waited', async () => {
    expect(await world.until(() => false, 100)).toBe(false);
    expect(world.nowUs).toBe(100);
  });

  it('stands still once something has happened that must not', async () => {
    plan(10, 'a');
    world.after(20, () => world.log.violate('spec', 'something is wrong'));
    plan(30, 'b');
    expect(await world.until(() => false, 100)).toBe(false);
    expect(happened).toEqual(['a at 10']);
    expect(world.nowUs).toBe(20);
    expect(world.log.violation).toEqual({ checker: 'spec', text: 'something is wrong', atUs: 20 });
  });

  it('is not what a waiting promise sees pass: it goes on first', async () => {
    let order = '';
    const [process] = world.processes as [Process];
    process.start();
    const settled = process.life!.awaiting(new Promise<void>((resolve) => world.after(10, resolve)));
    void settled.then(() => (order += 'promise '));
    world.after(11, () => (order += 'event '));
    await world.pass(20);
    expect(order).toBe('promise event ');
  });
});

describe('chance and time of operations', () => {
  it('come from the world, and are the real ones afterwards, whatever the operation does', () => {
    const [{ random }, { now }] = [Math, Date];
    const numbersOf = (world: World<Journal>): number[] => {
      const numbers: number[] = [];
      world.executing(world.processes[0]!.clock, () => numbers.push(Math.random(), Date.now()));
      return numbers;
    };
    expect(numbersOf(worldOf())).toEqual(numbersOf(worldOf()));
    expect(numbersOf(worldOf())[1]).toBe(Date.UTC(2000, 0, 1));
    expect(numbersOf(worldOf({ seed: 2 }))).not.toEqual(numbersOf(worldOf()));
    const failing = (): never => {
      throw new Error('no');
    };
    expect(() => worldOf().executing(null, failing)).toThrow('no');
    expect([Math.random, Date.now]).toEqual([random, now]);
  });
});

describe('the clock of a process', () => {
  /** A process that is up and whose scheduler is at hand. */
  const clocked = async () => {
    const world = await startedWorld({ replicas: 1 });
    const [process] = world.processes as [Process];
    return { world, process, scheduler: process.life!.scheduler(), startUs: world.nowUs };
  };

  it('shows how much of its time has passed', async () => {
    const { world, process, scheduler } = await clocked();
    const startMs = scheduler.now();
    await world.pass(2 * SECOND_US);
    expect(scheduler.now()).toBe(startMs + 2_000);
    process.clock.run(0.5);
    expect(scheduler.now()).toBe(startMs + 2_000);
    await world.pass(2 * SECOND_US);
    expect(scheduler.now()).toBe(startMs + 3_000);
  });

  it.each([
    ['fast', 2, 50_000],
    ['slow', 0.5, 200_000],
    ['right', 1, 100_000],
  ])('that is %s measures its timers', async (_, rate, afterUs) => {
    const { world, process, scheduler, startUs } = await clocked();
    process.clock.run(rate);
    const atUs: number[] = [];
    scheduler.after(100, () => atUs.push(world.nowUs - startUs));
    const cancel = scheduler.every(100, () => atUs.push(world.nowUs - startUs));
    await world.pass(2.5 * afterUs);
    cancel();
    await world.pass(SECOND_US);
    expect(atUs).toEqual([afterUs, afterUs, 2 * afterUs]);
  });

  it('may jump, which no timer takes notice of', async () => {
    const { world, process, scheduler } = await clocked();
    const startMs = scheduler.now();
    let isOver = false;
    scheduler.after(100, () => (isOver = true));
    process.clock.jump(3_600_000);
    expect(scheduler.now()).toBe(startMs + 3_600_000);
    process.clock.jump(-7_200_000);
    expect(scheduler.now()).toBe(startMs - 3_600_000);
    await world.pass(99_999);
    expect(isOver).toBe(false);
    await world.pass(1);
    expect(isOver).toBe(true);
  });

  it('is what operations are proposed by', async () => {
    const { world, process } = await clocked();
    process.clock.jump(86_400_000);
    let toldMs = 0;
    void process.machine!.execute(new TellTime()).then((ms) => (toldMs = ms));
    expect(await world.until(() => toldMs > 0, 30 * SECOND_US)).toBe(true);
    expect(toldMs).toBeGreaterThan(Date.UTC(2000, 0, 2));
    expect(toldMs).toBeLessThanOrEqual(process.clock.now());
  });
});

describe('a process that is stalled', () => {
  let world: World<Journal>;
  let victim: Process;
  let life: Life<Journal>;

  beforeEach(async () => {
    world = await startedWorld();
    victim = world.processes.find(({ coordinates }) => !coordinates)!;
    life = victim.life!;
  });

  it('does nothing, and then all that it was to do, in that order', async () => {
    const startUs = world.nowUs;
    const done: string[] = [];
    life.stall(startUs + SECOND_US);
    life.enter(() => done.push('first'));
    life.enter(() => done.push('second'), 1_000);
    await world.pass(SECOND_US - 1);
    expect(done).toEqual([]);
    expect(eventsOf(world, victim, startUs)).toEqual([]);
    await world.pass(1);
    expect(done).toEqual(['first', 'second']);
    expect(eventsOf(world, victim, startUs)).not.toEqual([]);
  });

  it('stays so until the last of several stalls is over', async () => {
    let isAwake = false;
    life.stall(world.nowUs + SECOND_US);
    life.stall(world.nowUs + SECOND_US / 2);
    life.enter(() => (isAwake = true));
    await world.pass(0.9 * SECOND_US);
    expect(isAwake).toBe(false);
    await world.pass(0.1 * SECOND_US);
    expect(isAwake).toBe(true);
  });

  it('catches up with the others', async () => {
    const other = world.processes.find((process) => process !== victim)!;
    await appendAll(world, other, ['before']);
    await world.pass(SECOND_US);
    life.stall(world.nowUs + 3 * SECOND_US);
    await appendAll(world, other, ['a', 'b', 'c']);
    expect(life.position).toBe(1);
    expect(await world.until(() => life.position === 4, 10 * SECOND_US)).toBe(true);
    expect(victim.machine?.state.entries).toEqual(['before', 'a', 'b', 'c']);
  });

  it('loses what arrives when its receive buffer of a mebibyte is full', async () => {
    const heard: string[] = [];
    life.stall(world.nowUs + SECOND_US);
    life.enter(() => heard.push('first'), 600_000);
    life.enter(() => heard.push('too much'), 600_000);
    life.enter(() => heard.push('its own'));
    await world.pass(SECOND_US);
    expect(heard).toEqual(['first', 'its own']);
    life.stall(world.nowUs + SECOND_US);
    life.enter(() => heard.push('room again'), 600_000);
    await world.pass(SECOND_US);
    expect(heard).toEqual(['first', 'its own', 'room again']);
  });

  it('does nothing more if it crashes meanwhile', async () => {
    let isDone = false;
    life.stall(world.nowUs + SECOND_US);
    life.enter(() => (isDone = true));
    victim.crash();
    await world.pass(2 * SECOND_US);
    expect(isDone).toBe(false);
  });
});

describe('a process that crashes', () => {
  it.each([
    ['finds its commit on the disk where it had landed', true, ['entry']],
    ['has lost its commit where it had not', false, []],
  ])('%s, and has told nobody', async (_, lands, entries) => {
    const world = await startedWorld({ replicas: 1 });
    const [process] = world.processes as [Process];
    process.manners.commitUsMin = SECOND_US;
    const call = append(process, 'entry');
    expect(
      await world.until(() => process.life?.underWay?.some(({ kind }) => kind === 'entry') === true, SECOND_US),
    ).toBe(true);
    process.crash(lands);
    expect(process.machine).toBeNull();
    process.manners.commitUsMin = 100;
    process.start();
    await comeUp(world, process);
    await world.pass(5 * SECOND_US);
    expect(process.machine?.state.entries).toEqual(entries);
    expect(call.isAnswered).toBe(false);
  });

  it('may do so at any call of a port, and then says and hears nothing more', async () => {
    const world = await startedWorld();
    const [process] = world.processes as [Process];
    process.life!.callsUntilCrash = 3;
    expect(await world.until(() => process.life === null, SECOND_US)).toBe(true);
    const events = eventsOf(world, process);
    expect(events.at(-1)).toMatch(/crashes/);
    await world.pass(SECOND_US);
    expect(eventsOf(world, process)).toEqual(events);
  });

  it('is another life of the same member when it is back', async () => {
    const world = await startedWorld();
    const [process, other] = world.processes as [Process, Process];
    await appendAll(world, process, ['a', 'b']);
    const { id, life } = process;
    process.crash();
    await appendAll(world, other, ['c']);
    process.start();
    await comeUp(world, process);
    expect(process.id).toBe(id);
    expect(process.life).not.toBe(life);
    expect(await world.until(() => process.life?.position === 3, 10 * SECOND_US)).toBe(true);
    expect(process.machine?.state.entries).toEqual(['a', 'b', 'c']);
    expect(world.log.violation).toBeNull();
  });

  it('because a commit fails is excused for it', async () => {
    const world = await startedWorld({ replicas: 1 });
    const [process] = world.processes as [Process];
    process.manners.fault = new Error('ENOSPC: no space left on device');
    append(process, 'entry');
    expect(await world.until(() => process.life === null, SECOND_US)).toBe(true);
    expect(eventsOf(world, process).at(-1)).toMatch(/stops TreplicaError: .*no space left on device/);
    expect(process.excuses.failedCommit).toBe(true);
    expect(world.log.violation).toBeNull();
  });
});

describe('the weather', () => {
  const [a, b] = ['aaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbb'] as ProcessId[] as [ProcessId, ProcessId];
  let nowUs: number;
  let faults: string[];
  let weather: Weather;

  beforeEach(() => {
    nowUs = 1_000;
    faults = [];
    weather = new Weather(
      new Random(1),
      () => nowUs,
      (fault) => faults.push(fault),
    );
  });

  const datagram: Passenger = { from: a, to: b, lane: 'datagram', bytes: Buffer.from('some bytes') };
  const bulk: Passenger = { ...datagram, lane: 'bulk' };
  const back: Passenger = { ...datagram, from: b, to: a };
  const passes = (passenger: Passenger): boolean => weather.fate(passenger).length > 0;
  const fatesUnder = (climate: Partial<Climate>, times: number, passenger = datagram): readonly Copy[][] => {
    weather.climate = { ...FAIR, ...climate };
    return Array.from({ length: times }, () => weather.fate(passenger));
  };

  it('is fair unless it is said otherwise', () => {
    for (const copies of fatesUnder({}, 100)) {
      expect(copies).toEqual([{ bytes: datagram.bytes, delayTicks: expect.any(Number) }]);
      expect(copies[0]!.delayTicks).toBeGreaterThanOrEqual(50);
    }
    expect(faults).toEqual([]);
  });

  it('lets nothing pass a link one way, until each cut is mended', () => {
    const mends = [weather.cut(a, b), weather.cut(a, b)];
    expect([passes(datagram), passes(bulk), passes(back)]).toEqual([false, false, true]);
    mends[0]!();
    expect(passes(datagram)).toBe(false);
    mends[1]!();
    expect([passes(datagram), passes(bulk)]).toEqual([true, true]);
  });

  it('lets what meets a clog arrive when the clog is gone', () => {
    weather.clog(a, b, 500_000);
    for (const passenger of [datagram, bulk]) expect(weather.fate(passenger)[0]?.delayTicks).toBe(499_000);
    expect(weather.fate(back)[0]?.delayTicks).toBeLessThan(10_000);
    nowUs = 500_000;
    expect(weather.fate(datagram)[0]?.delayTicks).toBeLessThan(10_000);
  });

  it('loses datagrams, and counts them', () => {
    const lost = fatesUnder({ loss: 0.5 }, 100).filter(({ length }) => length === 0);
    expect(lost.length).toBeGreaterThan(20);
    expect(faults).toEqual(lost.map(() => 'loss'));
  });

  it('repeats datagrams, and counts them', () => {
    for (const copies of fatesUnder({ duplication: 1 }, 10)) expect(copies).toHaveLength(2);
    expect(faults).toEqual(Array.from({ length: 10 }, () => 'duplication'));
  });

  it('delays datagrams, and counts them', () => {
    const delays = fatesUnder({ tail: 1, tailUs: 1_000_000 }, 100).map(([copy]) => copy!.delayTicks);
    expect(Math.max(...delays)).toBeGreaterThan(500_000);
    expect(faults).toEqual(delays.map(() => 'late'));
  });

  it('neither loses, repeats, changes nor disorders what is in bulk', () => {
    const climate = { loss: 1, duplication: 1, mutilation: 1, tail: 0.5, tailUs: 1_000_000 };
    const copies = fatesUnder(climate, 100, bulk).flat();
    expect(copies).toHaveLength(100);
    for (const { bytes } of copies) expect(bytes).toBe(bulk.bytes);
    const delays = copies.map(({ delayTicks }) => delayTicks);
    expect(delays).toEqual(delays.toSorted((x, y) => x - y));
  });

  it('mutilates datagrams so that every receiver can tell', () => {
    const frame = Buffer.concat(new FrameEncoder(QUEUE, a).encode([Buffer.from('a vote, say'), Buffer.alloc(40)]));
    const decoder = new FrameDecoder(QUEUE, b);
    expect(decoder.judge(frame)).toBe('intact');
    const copies = fatesUnder({ mutilation: 1 }, 1_000, { ...datagram, bytes: frame }).flat();
    expect(faults).toEqual(copies.map(() => 'mutilation'));
    for (const { bytes } of copies) if (!bytes.equals(frame)) expect(decoder.judge(bytes)).not.toBe('intact');
  });
});

describe('a world of bad weather', () => {
  it('counts what befalls it, and no process hears anything that was mutilated', async () => {
    const world = worldOf();
    world.weather.climate = { ...FAIR, loss: 0.1, duplication: 0.1, mutilation: 0.3 };
    for (const process of world.processes) process.start();
    await comeUp(world, ...world.processes);
    await appendAll(world, world.processes[0]!, ['a', 'b', 'c']);
    for (const fault of ['loss', 'duplication', 'mutilation']) expect(world.faults.get(fault)).toBeGreaterThan(0);
    expect(world.log.lines!.filter((line) => line.includes('hears'))).not.toEqual([]);
    expect(world.log.lines!.filter((line) => line.includes('noise'))).toEqual([]);
    expect(world.log.violation).toBeNull();
  });

  /** The links that something passes, as `p1>p2`. */
  const openLinks = ({ weather, processes }: World<Journal>): string[] =>
    processes.flatMap((from) =>
      processes
        .filter((to) => {
          const passenger: Passenger = { from: from.id, to: to.id, lane: 'datagram', bytes: Buffer.alloc(1) };
          return to !== from && weather.fate(passenger).length > 0;
        })
        .map((to) => `${from.name}>${to.name}`),
    );

  const stageOf = (world: World<Journal>, seed: number): Stage<Journal> => ({
    world,
    random: new Random(seed),
    victim: world.processes[0]!,
    lastsUs: SECOND_US,
    mayLose: () => true,
  });

  it('isolates a process, by what it says, by what it hears, or by both, for a time', () => {
    const world = worldOf();
    const all = openLinks(world);
    const ways = new Set<string>();
    for (let seed = 1; seed <= 20; seed += 1) {
      const mend = troubles.isolation(stageOf(world, seed));
      ways.add(openLinks(world).join(' '));
      mend?.();
      expect(openLinks(world)).toEqual(all);
    }
    expect([...ways].sort()).toEqual(['p1>p2 p1>p3 p2>p3 p3>p2', 'p2>p1 p2>p3 p3>p1 p3>p2', 'p2>p3 p3>p2']);
  });

  it('parts the processes into two sides, for a time', () => {
    const world = worldOf({ replicas: 4 });
    const all = openLinks(world);
    for (let seed = 1; seed <= 20; seed += 1) {
      const mend = troubles.partition(stageOf(world, seed));
      const left = openLinks(world);
      const sides = world.processes.map(({ name }) =>
        world.processes.map((to) => to.name === name || left.includes(`${name}>${to.name}`)).join(),
      );
      expect(new Set(sides).size).toBe(mend === undefined ? 1 : 2);
      mend?.();
      expect(openLinks(world)).toEqual(all);
    }
  });
});

describe('what a disk holds', () => {
  const KINDS: readonly Damage[] = ['flipped bit', 'vanished record', 'torn write'];

  /** A process that has executed a few operations and gone down. */
  const downAfterAFew = async (): Promise<{ world: World<Journal>; process: Process }> => {
    const world = await startedWorld({ replicas: 1 });
    const [process] = world.processes as [Process];
    await appendAll(world, process, ['a', 'b', 'c']);
    process.crash(false);
    return { world, process };
  };

  it.each(KINDS)('keeps a process from starting where there is a %s in it', async (kind) => {
    for (let seed = 1; seed <= 8; seed += 1) {
      const { world, process } = await downAfterAFew();
      expect(damage(process.disk.file(QUEUE), kind, new Random(seed))).not.toBeNull();
      process.excuses.damagedDisk = true;
      process.start();
      expect(await world.until(() => process.life === null, SECOND_US)).toBe(true);
      expect(eventsOf(world, process).at(-1)).toMatch(/stops TreplicaError: /);
      expect([process.mayStart, process.isLost]).toEqual([false, true]);
      expect(world.log.violation).toBeNull();
    }
  });

  it('is not to be damaged without anybody having done so', async () => {
    const { world, process } = await downAfterAFew();
    damage(process.disk.file(QUEUE), 'flipped bit', new Random(1));
    process.start();
    await world.until(() => process.life === null, SECOND_US);
    expect(world.log.violation).toMatchObject({ checker: 'survival', text: expect.stringContaining('p1 has stopped') });
  });

  it('is damaged in one record, which is named', async () => {
    const { process } = await downAfterAFew();
    const file = process.disk.file(QUEUE);
    const bytesOf = (): Map<string, string> =>
      new Map([...file.meta, ...file.entries].map(([key, value]) => [String(key), value.toString('hex')]));
    for (const kind of KINDS) {
      const before = bytesOf();
      const damaged = damage(file, kind, new Random(3));
      const after = bytesOf();
      expect([...before.keys()].filter((key) => before.get(key) !== after.get(key))).toEqual([damaged]);
    }
  });

  it('cannot be damaged where there is nothing', () => {
    expect(damage({ meta: new Map(), entries: new Map() }, 'flipped bit', new Random(1))).toBeNull();
  });
});

describe('a process that has lost its disk', () => {
  it('comes back as a stranger, who never votes and holds nothing, while the others go on', async () => {
    const world = await startedWorld();
    const [process, other] = world.processes as [Process, Process];
    await appendAll(world, other, ['before']);
    const { id } = process;
    process.loseDisk();
    expect(process.id).not.toBe(id);
    const lostUs = world.nowUs;
    process.start();
    await world.pass(SECOND_US);
    await appendAll(world, other, ['a', 'b', 'c']);
    await world.pass(SECOND_US);

    const said = eventsOf(world, process, lostUs).filter((event) => event.includes('says'));
    expect(said).not.toEqual([]);
    for (const event of said) expect(event).toMatch(/says to \S+ (hello|unwilling)/);
    expect(process.machine).toBeNull();
    process.crash(false);
    const { promise, entries, group } = process.disk.open(QUEUE).load();
    expect({ promise, entries, group }).toEqual({ promise: NO_BALLOT, entries: [], group: null });
    expect(world.log.violation).toBeNull();
  });
});

describe('chance', () => {
  const seed = fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
  const numbersOf = (random: Random): number[] => Array.from({ length: 8 }, random.next);

  it('is the same for the same seed, and another for any other', () => {
    fc.assert(
      fc.property(seed, seed, (one, other) => {
        expect(numbersOf(new Random(one))).toEqual(numbersOf(new Random(one)));
        if (one !== other) expect(numbersOf(new Random(one))).not.toEqual(numbersOf(new Random(other)));
      }),
    );
  });

  it('is this for seed 1, on every machine', () => {
    const random = new Random(1);
    expect(Array.from({ length: 6 }, () => random.below(1_000))).toEqual([537, 454, 82, 153, 652, 623]);
  });

  it('forks into parts that differ, and that do not disturb what they come from', () => {
    fc.assert(
      fc.property(seed, (of) => {
        const [random, twin] = [new Random(of), new Random(of)];
        const [first, second] = [random.fork(), random.fork()];
        twin.fork();
        twin.fork();
        const parts = [numbersOf(first), numbersOf(second), numbersOf(random)];
        expect(new Set(parts.map(String)).size).toBe(3);
        expect(numbersOf(twin)).toEqual(parts[2]);
      }),
    );
  });

  it('stays within what it is asked for', () => {
    fc.assert(
      fc.property(
        seed,
        fc.integer({ min: 1, max: 2 ** 31 }),
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        (of, limit, min) => {
          const random = new Random(of);
          for (const number of numbersOf(random)) {
            expect(number).toBeGreaterThanOrEqual(0);
            expect(number).toBeLessThan(1);
          }
          const below = random.below(limit);
          expect(Number.isInteger(below) && below >= 0 && below < limit).toBe(true);
          const between = random.between(min, min + limit);
          expect(between >= min && between <= min + limit).toBe(true);
          const time = random.exponential(limit);
          expect(Number.isFinite(time) && time >= 0).toBe(true);
          expect([random.chance(0), random.chance(1)]).toEqual([false, true]);
        },
      ),
    );
  });

  it('picks and samples from a list, each element once', () => {
    fc.assert(
      fc.property(seed, fc.uniqueArray(fc.nat(), { minLength: 1 }), fc.nat(20), (of, list, count) => {
        const random = new Random(of);
        expect(list).toContain(random.pick(list));
        const sample = random.sample(list, count);
        expect(sample).toHaveLength(Math.min(count, list.length));
        expect(new Set(sample).size).toBe(sample.length);
        for (const element of sample) expect(list).toContain(element);
      }),
    );
    expect(() => new Random(1).pick([])).toThrow(RangeError);
  });

  it('is even, and its times have the mean that was asked for', () => {
    const random = new Random(7);
    const counts = [0, 0, 0, 0];
    let sum = 0;
    for (let i = 0; i < 40_000; i += 1) {
      counts[random.below(4)]! += 1;
      sum += random.exponential(100);
    }
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400);
    expect(Math.abs(sum / 40_000 - 100)).toBeLessThan(3);
  });
});
