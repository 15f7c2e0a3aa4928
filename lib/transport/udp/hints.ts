import type { Address } from '../frame/peers.js';
import type { TransportLog } from '../transport.js';
import { isLoopback } from './local-interface.js';
import type { HintedAddress } from './places.js';
import { canonical, type Hint, isOfOneProcess, reachedFrom, shownAddress } from './rendezvous.js';
import type { Resolver } from './resolver.js';

/** Names are looked up again at growing intervals while somebody of theirs is missing. */
const LOOKUP_TICKS = 100;
const LOOKUP_TICKS_MAX = 6_000;
/** The log repeats that a name has no address at most this often: every ten minutes. */
const WARNING_TICKS = 60_000;
/** Of one name, and of what other processes tell. */
const ADDRESSES_MAX = 64;
/** What another process tells is forgotten after so long, unless it is told again. */
const TOLD_TICKS = 6_000;

export interface HintsOptions {
  readonly hints: readonly Hint[];
  /** The address that the socket is bound to. */
  readonly local: string;
  readonly resolver: Resolver;
  /** Whether an address, which a socket bound to `local` reaches, is this process's own. */
  readonly isOwn: (address: Address) => boolean;
  /** Whether anything has come from an address lately. */
  readonly isHeard: (address: Address) => boolean;
  readonly log: TransportLog;
}

type Name = Exclude<Hint, { readonly kind: 'address' }>;

/** A name and what it stands for, as far as is known. */
interface LookedUp {
  readonly hint: Name;
  addresses: readonly HintedAddress[];
  isLookedFor: boolean;
  nextAt: number;
  waitTicks: number;
  warnedAt: number;
}

/**
 * The addresses at which processes of the queue may be: those that the options name, those that DNS gives for
 * names, and those that others tell.
 */
export class Hints {
  /** Another number whenever the addresses have changed. */
  version = 0;
  readonly #options: HintsOptions;
  readonly #fixed: readonly HintedAddress[];
  readonly #names: readonly LookedUp[];
  /** What other processes have told, by its text. */
  readonly #told = new Map<string, HintedAddress>();
  readonly #toldAt = new Map<string, number>();
  #now = 0;
  #forgottenAt = -1;
  #isClosed = false;

  constructor(options: HintsOptions) {
    this.#options = options;
    const { hints } = options;
    this.#fixed = this.#reached(hints.filter((hint) => hint.kind === 'address'));
    this.#names = hints
      .filter((hint) => hint.kind !== 'address')
      .map((hint) => ({
        ...{ hint, addresses: [], isLookedFor: false },
        ...{ nextAt: 0, waitTicks: LOOKUP_TICKS, warnedAt: -Infinity },
      }));
    for (const name of this.#names) void this.#lookUp(name);
  }

  /** One of two equal ones may come twice. */
  *addresses(): Iterable<HintedAddress> {
    yield* this.#fixed;
    for (const { addresses } of this.#names) yield* addresses;
    yield* this.#told.values();
  }

  /** Another process, at `from`, hears one at `address`. */
  tell(address: Address, from: Address): void {
    const [hinted] = isOfOneProcess(canonical(address.address) ?? '') ? this.#reached([address], true) : [];
    // An address that leads from a machine to itself leads from another one elsewhere.
    if (hinted === undefined || (isLoopback(hinted.address) && !isLoopback(from.address))) return;
    const key = shownAddress(hinted);
    if (!this.#told.has(key)) {
      if (this.#told.size >= ADDRESSES_MAX) this.#forgetHeard();
      if (this.#told.size >= ADDRESSES_MAX) return;
      this.#told.set(key, hinted);
      this.version += 1;
    }
    this.#toldAt.set(key, this.#now);
  }

  /** Looks up the names of which an address is missing. */
  tick(nowTick: number): void {
    this.#now = nowTick;
    for (const [key, toldAt] of this.#toldAt) {
      if (nowTick - toldAt < TOLD_TICKS) continue;
      this.#told.delete(key);
      this.#toldAt.delete(key);
      this.version += 1;
    }
    for (const name of this.#names) {
      if (name.isLookedFor || nowTick < name.nextAt) continue;
      if (name.addresses.length > 0 && name.addresses.every(this.#options.isHeard)) {
        name.waitTicks = LOOKUP_TICKS;
        name.nextAt = nowTick + LOOKUP_TICKS;
      } else void this.#lookUp(name);
    }
  }

  /** Answers that are under way are not heard any more. */
  close(): void {
    this.#isClosed = true;
  }

  /** What is heard need not be told: it makes room for others. Looked for once a tick, however much is told. */
  #forgetHeard(): void {
    if (this.#forgottenAt === this.#now) return;
    this.#forgottenAt = this.#now;
    for (const [key, address] of this.#told) {
      if (!this.#options.isHeard(address)) continue;
      this.#told.delete(key);
      this.#toldAt.delete(key);
    }
    this.version += 1;
  }

  async #lookUp(name: LookedUp): Promise<void> {
    name.isLookedFor = true;
    let found: readonly HintedAddress[] = [];
    let failure: unknown = null;
    try {
      found = this.#reached(await this.#resolve(name.hint));
    } catch (error) {
      failure = error;
    }
    name.isLookedFor = false;
    if (this.#isClosed) return;
    name.nextAt = this.#now + name.waitTicks;
    name.waitTicks = Math.min(2 * name.waitTicks, LOOKUP_TICKS_MAX);
    if (found.length === 0) this.#warn(name, failure);
    else this.#take(name, found);
  }

  /** What was known of a name that cannot be looked up now stays known. */
  #take(name: LookedUp, found: readonly HintedAddress[]): void {
    if (name.warnedAt > -Infinity) {
      name.warnedAt = -Infinity;
      this.#options.log.info(
        { name: name.hint.name, addresses: found.map(shownAddress) },
        `The name ${name.hint.name} of the option peers has addresses now.`,
      );
    }
    const known = new Map(name.addresses.map((address) => [shownAddress(address), address]));
    name.addresses = found.map((address) => known.get(shownAddress(address)) ?? address);
    this.version += 1;
  }

  #warn(name: LookedUp, error: unknown): void {
    if (this.#now - name.warnedAt < WARNING_TICKS) return;
    name.warnedAt = this.#now;
    const why = error instanceof Error ? error.message : `none that is reached from ${this.#options.local}`;
    this.#options.log.warn(
      { name: name.hint.name, ...(error === null ? {} : { err: error }) },
      `The name ${name.hint.name} of the option peers has no address (${why}): it is looked up again. Check the name, and the name servers of this machine.`,
    );
  }

  async #resolve(hint: Name): Promise<readonly Address[]> {
    const { resolver } = this.#options;
    const hosts = hint.kind === 'host' ? [hint] : (await resolver.services(hint.name)).slice(0, ADDRESSES_MAX);
    const answers = await Promise.allSettled(hosts.map(({ name }) => resolver.addresses(name)));
    const found = hosts.flatMap(({ port }, i) => {
      const answer = answers[i];
      return answer?.status === 'fulfilled' ? answer.value.map((address) => ({ address, port })) : [];
    });
    const failed = answers.find((answer) => answer.status === 'rejected');
    if (found.length === 0 && failed !== undefined) throw failed.reason;
    return found;
  }

  /** The addresses of others, as the socket reaches them. */
  #reached(all: readonly Address[], isHearsay = false): readonly HintedAddress[] {
    const { local, isOwn } = this.#options;
    const reached = new Map<string, HintedAddress>();
    for (const { address, port } of all) {
      const plain = canonical(address);
      const form = plain === null ? null : reachedFrom(local, plain);
      if (form === null || port < 1 || port > 65_535) continue;
      const hinted = { address: form, port, since: this.#now, isHearsay };
      if (!isOwn(hinted) && reached.size < ADDRESSES_MAX) reached.set(shownAddress(hinted), hinted);
    }
    return [...reached.values()];
  }
}
