import type { Mode } from '../../lib/consensus/mode.js';
import type { BatchId } from '../../lib/model/batch.js';
import { defaults } from '../../lib/model/settings.js';
import { CoreGroup, DELAYS_A_TICK } from './core-group.js';
import { kindOf, processesOf, ScenarioFaults } from './scenario-faults.js';
import { Narrator } from './scenario-narrator.js';
import { nameOf, Transcript } from './scenario-transcript.js';

/** More ticks than anything in a scenario may take. */
const TICKS_MAX = 200;

const MODES: readonly Mode[] = ['fast', 'classic', 'adaptive'];

interface Cast {
  readonly group: CoreGroup;
  readonly faults: ScenarioFaults;
  readonly narrator: Narrator;
}

/** A group under the commands of a scenario; `scenario.ts` says what they are. */
export class Stage {
  readonly #transcript = new Transcript();
  /** Null until the first command. */
  #members: Cast | null = null;
  readonly #batches = new Map<string, BatchId>();
  #tickets = 0;
  /** Time since the block began: ticks, and message delays since the last of them. */
  #ticks = 0;
  #delays = 0;

  readonly #commands: Readonly<Record<string, (...args: string[]) => void>> = {
    group: (n, mode) => this.#found(given(n), given(mode)),
    processes: (n, mode) => this.#gather(given(n), given(mode)),
    propose: (who, text) => this.#propose(one(who), given(text)),
    read: (who) => this.#group.read(one(who), (this.#tickets += 1)),
    deliver: (delays) => this.#deliver(count(delays)),
    settle: () => this.#settle(Infinity),
    tick: (...args) => this.#tickSome(args),
    until: (...condition) => this.#tickUntil(this.#condition(condition)),
    stand: (who) => this.#stand(processesOf(given(who))),
    lose: (link, ...kinds) => this.#cast.faults.lose(given(link), kinds),
    cut: (some, ...others) => this.#cast.faults.cut(processesOf(given(some)), others.flatMap(processesOf)),
    heal: () => this.#cast.faults.heal(),
    hold: (link, ...kinds) => this.#cast.faults.hold(given(link), kinds),
    release: () => this.#cast.faults.release(),
    crash: (who, point) => this.#crash(processesOf(given(who)), point),
    'cut-log': (who) => this.#group.cut(...processesOf(given(who))),
    join: (who) => this.#join(one(who)),
    restart: (who) => this.#restart(processesOf(given(who))),
    'slow-disk': (who, delays) => this.#cast.faults.slowDisk(one(who), count(given(delays))),
    disk: (who) => this.#tell(processesOf(given(who)), (process) => this.#cast.narrator.tellDisk(process)),
    decided: () => this.#tell(this.#numbers, (process) => this.#cast.narrator.tellDecided(process)),
    show: (...kinds) => kinds.map(kindOf).forEach((kind) => this.#cast.narrator.show(kind)),
  };

  /** Time is shown from here on as what has passed since. */
  beginBlock(): void {
    this.#ticks = 0;
    this.#delays = 0;
    this.#beginMoment();
  }

  run(command: string): void {
    const [first = '', ...rest] = command.split(/\s+/);
    this.#transcript.muted = first === 'quietly';
    const [name, ...args] = first === 'quietly' ? rest : [first, ...rest];
    const perform = Object.entries(this.#commands).find(([known]) => known === name)?.[1];
    if (perform === undefined) throw new Error('there is no such command');
    perform(...args);
    this.#beginMoment();
  }

  /** What has happened since the last call, a line each. */
  take(): string[] {
    return this.#transcript.take().map((line) => this.#members?.narrator.named(line) ?? line);
  }

  get #cast(): Cast {
    if (this.#members === null) throw new Error('the first command is `group` or `processes`');
    return this.#members;
  }

  get #group(): CoreGroup {
    return this.#cast.group;
  }

  get #numbers(): number[] {
    return this.#group.processes.map((p) => p.number);
  }

  #gather(n: string, modeName: string): void {
    if (this.#members !== null) throw new Error('there is a group already');
    const mode = MODES.find((known) => known === modeName);
    if (mode === undefined) throw new Error(`the mode is one of ${MODES.join(', ')}`);
    const group = new CoreGroup(count(n), { mode, delaysATick: Infinity });
    const faults = new ScenarioFaults(group);
    this.#members = { group, faults, narrator: new Narrator(group, faults, this.#transcript) };
  }

  /** How a group is founded is the matter of one scenario alone: here it is not shown. */
  #found(n: string, mode: string): void {
    this.#gather(n, mode);
    this.#transcript.muted = true;
    this.#tickUntil(() => this.#group.quiet && this.#group.live.every((p) => p.noticed('founded').length > 0));
    this.#transcript.muted = false;
    this.beginBlock();
    this.#cast.narrator.tellCoordinator();
  }

  #propose(process: number, text: string): void {
    if (this.#batches.has(text)) throw new Error(`'${text}' has been proposed already`);
    const id = this.#group.propose(process, text);
    this.#batches.set(text, id);
    this.#cast.narrator.call(id, text);
  }

  #deliver(delays: number): void {
    for (let i = 0; i < delays; i += 1) {
      this.#delays += 1;
      this.#beginMoment();
      this.#group.step();
    }
  }

  #settle(delaysMax: number): void {
    for (let i = 0; i < delaysMax && !this.#group.quiet; i += 1) this.#deliver(1);
  }

  /** The clocks of all, where no numbers are given, tick once. */
  #tick(...processes: readonly number[]): void {
    this.#ticks += 1;
    this.#delays = 0;
    this.#beginMoment();
    this.#group.tick(...processes);
  }

  #tickSome(args: readonly string[]): void {
    const last = args.at(-1);
    const ticks = last !== undefined && /^\d+$/.test(last) ? last : undefined;
    const processes = (ticks === undefined ? args : args.slice(0, -1)).flatMap(processesOf);
    for (let i = 0; i < count(ticks); i += 1) {
      this.#tick(...processes);
      this.#settle(DELAYS_A_TICK);
    }
  }

  #tickUntil(condition: () => boolean): void {
    for (let ticks = 0; !condition();) {
      if (!this.#group.quiet) this.#deliver(1);
      else if ((ticks += 1) > TICKS_MAX) throw new Error(`after ${TICKS_MAX} ticks this still does not hold`);
      else this.#tick();
    }
  }

  #condition([who, verb, what]: readonly string[]): () => boolean {
    const processes = who === 'all' ? null : [one(who)];
    const holds = (isTrue: (process: number) => boolean) => () =>
      (processes ?? this.#group.live.map((p) => p.number)).every(isTrue);
    if (verb === 'coordinates') return holds((process) => Boolean(this.#group.process(process).core?.reign));
    if (verb !== 'decides' && verb !== 'decide')
      throw new Error('a condition is `p1 decides a`, `all decide a` or `p1 coordinates`');
    const id = this.#batches.get(given(what));
    if (id === undefined) throw new Error(`nobody has proposed '${given(what)}'`);
    return holds((process) => this.#group.hasDecided(process, id));
  }

  /** Followers other than these have been without the coordinator for long enough to agree, and not to stand themselves. */
  #stand(processes: readonly number[]): void {
    const followers = this.#group.live.filter((p) => p.core?.reign === null && !processes.includes(p.number));
    for (let i = 0; i < defaults.silenceTicks / 2; i += 1) for (const p of followers) this.#group.tick(p.number);
    for (const process of processes) {
      const asked = () => this.#group.sentOf('canvass').filter((m) => m.from === process).length;
      const before = asked();
      for (let ticks = 0; asked() === before; ticks += 1) {
        if (ticks === TICKS_MAX) throw new Error(`${nameOf(process)} does not stand`);
        this.#group.tick(process);
      }
    }
  }

  #join(process: number): void {
    if (process !== this.#group.processes.length + 1) throw new Error('who joins has the next number');
    this.#group.join();
    this.#cast.narrator.tellStart(process);
  }

  #crash(processes: readonly number[], point: string | undefined): void {
    if (point === undefined) this.#group.crash(...processes);
    else for (const process of processes) this.#cast.faults.crashAt(process, point);
  }

  #restart(processes: readonly number[]): void {
    for (const process of processes) {
      this.#group.restart(process);
      this.#cast.narrator.tellStart(process);
    }
  }

  /** What is the case, not what happens: it has no time. */
  #tell(processes: readonly number[], tell: (process: number) => void): void {
    this.#transcript.beginMoment('');
    processes.forEach(tell);
  }

  #beginMoment(): void {
    const ticks = this.#ticks > 0 ? `${this.#ticks}t` : '';
    const delays = this.#delays > 0 ? `+${this.#delays}` : '';
    this.#transcript.beginMoment(`${ticks}${delays}`);
  }
}

function given(argument: string | undefined): string {
  if (argument === undefined) throw new Error('an argument is missing');
  return argument;
}

function one(argument: string | undefined): number {
  const [process, ...others] = processesOf(given(argument));
  if (process === undefined || others.length > 0) throw new Error('one process is asked for');
  return process;
}

function count(argument = '1'): number {
  if (!/^[1-9]\d*$/.test(argument)) throw new Error(`'${argument}' is no number`);
  return Number(argument);
}
