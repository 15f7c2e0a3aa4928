import type { Mode } from '../consensus/mode.js';
import type { MemoryDisk } from '../ledger/memory/memory-ledger.js';
import { ReplicatedStateMachine } from '../machine/replicated-state-machine.js';
import type { StateMachine } from '../machine/state-machine.js';
import type { ProcessId } from '../model/ids.js';
import { sameStart, type Start } from '../model/start.js';
import type { WireMessage } from '../paxos/wire/routes.js';
import type { QueueEvent } from '../queue/events.js';
import type { MemoryNetwork } from '../transport/memory/memory-network.js';
import { Clock, START_MS } from './clock.js';
import { type DiskBehavior, DiskController } from './disk-controller.js';
import { eventText } from './event-text.js';
import { FormerDirectory } from './former-directory.js';
import { SimulatedKeyFile } from './key-file.js';
import type { LatestMessages } from './latest-messages.js';
import { Life } from './life.js';
import { drawnId, writeIdentity } from './new-identity.js';
import { OutstandingDamage } from './outstanding-damage.js';
import { openQueue } from './product.js';
import type { Random } from './random.js';
import type { ActingProcess, Ambush, ExpectedFailures, Stage } from './stage.js';
import { judgeStop } from './stop.js';
import type { Watch } from './watch.js';
import { WatchedQueue } from './watched-machine.js';

/** What a process needs of the world that it is in. */
export interface Surroundings<S extends StateMachine> extends Stage<S> {
  readonly watch: Watch<S>;
  readonly network: MemoryNetwork;
  readonly latestMessages: LatestMessages;
  /** From now on a process has this name in words. */
  name(id: ProcessId, name: string): void;
  /** A process is ready to execute operations. */
  cameUp(process: SimulatedProcess<S>): void;
  /** A process has ended, whether it was ready or not. Whether it has coordinated until then can still be asked. */
  wentDown(process: SimulatedProcess<S>): void;
}

/** One process of a world: a disk that outlives it, and, while it runs, a queue and a machine. */
export class SimulatedProcess<S extends StateMachine> implements ActingProcess<S> {
  readonly name: string;
  readonly clock: Clock;
  readonly expectedFailures: ExpectedFailures = { hasFailedCommit: false, hasDamagedDisk: false };
  /** It founds no group, and comes to the one that there is. */
  readonly isSpare: boolean;
  id: ProcessId;
  disk: MemoryDisk;
  damage = new OutstandingDamage();
  readonly keyFile = new SimulatedKeyFile();
  readonly deafTo = new Set<WireMessage['kind']>();
  isLost = false;
  isPutBack = false;
  /** It has stopped in order to come back under another id. */
  beginsAnew = false;
  /** While it is away it is not started again. */
  isAway = false;
  /** Several processes may share one: the process that makes the last of its calls crashes. */
  ambush: { readonly at: Ambush; calls: number } | null = null;
  /** It has been ready once, so that its group is founded. */
  hasBeenUp = false;
  /** What its disk holds keeps it from starting. */
  #isBroken = false;
  coordinates = false;
  readonly #world: Surroundings<S>;
  readonly #random: Random;
  #life: Life<S> | null = null;
  readonly #controller: DiskController<S>;
  /** Disks that it has had before. */
  #formerDisks = 0;
  #hasSetAside = false;
  readonly #formerDirectory = new FormerDirectory();

  constructor(
    world: Surroundings<S>,
    readonly index: number,
    readonly mode: Mode,
  ) {
    this.#world = world;
    this.#random = world.random.fork();
    this.name = `p${index + 1}`;
    this.clock = new Clock(() => world.nowUs, START_MS);
    this.#controller = new DiskController(world, world.watch, this, this.#random);
    this.disk = this.#controller.newDisk();
    this.isSpare = index >= world.scene.replicas;
    if (this.isSpare) world.watch.comesWithoutVote(this.label);
    this.id = this.#newIdentity(this.#founds);
  }

  /** Its name as the one that it is by now: a prime for each disk that it has lost. */
  get label(): string {
    return this.name + "'".repeat(this.#formerDisks);
  }

  get diskBehavior(): DiskBehavior {
    return this.#controller.behavior;
  }

  get life(): Life<S> | null {
    return this.#life;
  }

  /** Whether it is of any use to start it. */
  get mayStart(): boolean {
    return !this.#isBroken && !this.isAway;
  }

  get recovers(): boolean {
    return this.#world.scene.recover ?? false;
  }

  /** Null while it is down or still coming up. */
  get machine(): ReplicatedStateMachine<S> | null {
    return this.#life?.machine ?? null;
  }

  start(): void {
    this.#formerDirectory.keep(this.disk.file(this.#world.scene.queueId), this.#startsOnDisk);
    const life = new Life(this.#world, this.clock, () => this.crash());
    this.#life = life;
    this.#world.log.note(this.name, 'starts', 0, () => '');
    life.awaiting(this.#open(life)).catch((error: unknown) => this.#stopped(life, error));
  }

  crash(landsOnDisk = this.#random.chance(0.5)): void {
    const life = this.#life;
    if (life === null) return;
    const { log, watch } = this.#world;
    log.note(this.name, 'crashes', landsOnDisk ? 1 : 0, () =>
      life.underWay === null || !landsOnDisk ? '' : 'with its commit on the disk',
    );
    if (landsOnDisk && life.underWay !== null) watch.durable(this, life.underWay);
    this.#end(life);
    this.disk.crash(landsOnDisk);
  }

  /** A new disk takes the place of the old one: the process that starts on it is another member. */
  loseDisk(): void {
    this.crash();
    this.#becomeSomebodyElse();
  }

  /** Where disks are lost again and again, many may be new at a time, and would found a second group. */
  get #founds(): boolean {
    return !this.#hasSetAside && !this.isSpare && (this.#world.scene.spares === undefined || !this.isLost);
  }

  get #startsOnDisk(): readonly Start[] {
    return this.#world.watch.diskOf(this).starts.own;
  }

  /** Whether the latest start of this process is on the disk of that member, so that it can tell of it. */
  isMetBy(other: SimulatedProcess<S>): boolean {
    const latest = this.#startsOnDisk.at(-1);
    const met = this.#world.watch
      .diskOf(other)
      .starts.peers.find(({ process }) => process === this.id)
      ?.starts.at(-1);
    return latest !== undefined && met !== undefined && sameStart(latest, met);
  }

  /**
   * Its directory is again what it was before the latest start. Returns false where it has been started but once, or where that
   * start has not come so far that it could lose anything of it.
   */
  putBack(): boolean {
    const isComingUp = this.#life !== null && this.machine === null;
    if (isComingUp || this.isLost) return false;
    const former = this.#formerDirectory.losing(this.#startsOnDisk);
    if (former === null) return false;
    this.crash();
    this.disk.replace(this.#world.scene.queueId, former);
    this.#formerDirectory.forget();
    this.isPutBack = this.isLost = true;
    this.#formerDisks += 1;
    this.#world.watch.comesWithoutVote(this.label);
    this.damage = new OutstandingDamage();
    this.#world.name(this.id, this.label);
    return true;
  }

  /** No fault lies in wait for it any more. */
  endFaults(): void {
    this.#controller.endFaults();
    this.ambush = null;
    if (this.#life !== null) this.#life.callsUntilCrash = Infinity;
  }

  tearNextCommit(): void {
    this.#controller.tearNextCommit();
  }

  holdDisk(): void {
    this.#controller.hold();
  }

  releaseDisk(): void {
    this.#controller.release();
  }

  approach(at: Ambush): void {
    const { ambush } = this;
    if (ambush?.at !== at || this.#life === null) return;
    ambush.calls -= 1;
    if (ambush.calls !== 0) return;
    this.#life.callsUntilCrash = 1 + this.#random.below(3);
  }

  /** Ends the life in good order. */
  async close(): Promise<void> {
    const life = this.#life;
    await life?.machine?.close();
    if (life !== null) this.#end(life);
  }

  async #open(life: Life<S>): Promise<void> {
    const world = this.#world;
    const { watch, latestMessages, network } = world;
    const owner = { stage: world, watch, latestMessages, process: this, life };
    const queue = await openQueue({
      ...owner,
      network,
      mode: this.mode,
      listener: (event) => this.#tell(event),
      setLedgerAside: () => this.#setDiskAside(),
      hasSetAside: () => !this.#founds,
      isRenamed: (id) => world.name((this.id = id), this.label),
    });
    life.queue = queue;
    queue.closed.catch((cause: unknown) => this.#stopped(life, cause));
    const machine = await ReplicatedStateMachine.create(world.scene.initialState(), new WatchedQueue(queue, owner));
    if (!life.isAlive) return;
    life.machine = machine;
    this.hasBeenUp = true;
    world.log.note(this.name, 'is up', life.position, () => `after ${life.position} operations`);
    world.cameUp(this);
  }

  /** The product has given up by itself: for a reason that was given to it, or wrongly. */
  #stopped(life: Life<S>, cause: unknown): void {
    if (!life.isAlive) return;
    const { log, watch } = this.#world;
    const mayLackKey = (): boolean => watch.keyRotation?.mayStop(this.keyFile.idsRead) === true;
    const { text, beginsAnew, verdict } = judgeStop(this, cause, mayLackKey);
    log.note(this.name, 'stops', 0, () => text);
    this.beginsAnew = beginsAnew;
    this.#end(life);
    this.disk.crash(false);
    if (verdict === 'without votes') this.#isBroken = !this.recovers;
    else if (verdict === 'with a damaged disk') this.#isBroken = this.isLost = !this.recovers;
    else if (verdict !== 'excused') log.violate(verdict.checker, `${this.name} has stopped: ${text}`);
  }

  #end(life: Life<S>): void {
    life.end();
    if (this.#life === life) this.#life = null;
    this.#world.wentDown(this);
    this.coordinates = false;
  }

  #setDiskAside(): string {
    const { log } = this.#world;
    log.note(this.name, 'sets its disk aside', 0, () => '');
    if (!this.damage.isOfVotes && !this.isPutBack)
      log.violate('survival', `${this.name} gives up its votes, which are sound`);
    this.#hasSetAside = true;
    this.#becomeSomebodyElse();
    return `aside ${this.#formerDisks}`;
  }

  #becomeSomebodyElse(): void {
    this.#world.watch.retires(this.id);
    this.isLost = true;
    this.isPutBack = false;
    this.#formerDirectory.forget();
    this.#formerDisks += 1;
    this.expectedFailures.hasDamagedDisk = false;
    this.damage = new OutstandingDamage();
    this.disk = this.#controller.newDisk();
    this.#world.watch.comesWithoutVote(this.label);
    this.id = this.#newIdentity(this.#founds);
  }

  /** The id is on the disk from the beginning. */
  #newIdentity(founds: boolean): ProcessId {
    const process = drawnId(this.#random);
    const world = this.#world;
    this.#controller.atOnce(() => {
      writeIdentity(this.disk, world.scene.queueId, process, founds);
    });
    world.name(process, this.label);
    return process;
  }

  #tell(event: QueueEvent): void {
    if (event.kind === 'coordinating') this.coordinates = true;
    if (event.kind === 'resigned') this.coordinates = false;
    this.#world.log.note(this.name, 'tells', event.kind.length, () => eventText(event));
  }
}
