/** An address of this machine, and the addresses that are reached by its interface without a router. */
export interface Subnet {
  /** Of the interface. */
  readonly name: string;
  readonly address: string;
  readonly netmask: string;
}

/** One IPv4 address of this machine: everything leaves and arrives by the interface that has it. */
export class LocalInterface {
  readonly isLoopback: boolean;
  readonly #subnets: readonly Subnet[];
  readonly #otherSubnets: readonly Subnet[];
  readonly #known = new Map<string, boolean>();

  /** `subnets` are those of all interfaces of the machine. */
  constructor(
    readonly name: string,
    readonly address: string,
    subnets: readonly Subnet[],
  ) {
    this.isLoopback = isLoopback(address);
    this.#subnets = subnets.filter((subnet) => subnet.name === name);
    this.#otherSubnets = subnets.filter((subnet) => subnet.name !== name);
  }

  /**
   * Whether what comes from `source` has come by this interface, as far as its address can tell. A socket bound to a
   * group hears it on every interface on which any process of this machine has joined it.
   */
  hears(source: string): boolean {
    const wasHeard = this.#known.get(source);
    if (wasHeard !== undefined) return wasHeard;
    if (this.#known.size >= KNOWN_SOURCES_MAX) this.#known.clear();
    const hears = this.#isOn(source);
    this.#known.set(source, hears);
    return hears;
  }

  #isOn(source: string): boolean {
    if (isLoopback(source) !== this.isLoopback) return false;
    const holds = (subnet: Subnet): boolean => contains(subnet, source);
    return this.#subnets.some(holds) || !this.#otherSubnets.some(holds);
  }
}

const KNOWN_SOURCES_MAX = 1000;

export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address.startsWith('::ffff:127.') || address === '::1';
}

function contains({ address, netmask }: Subnet, candidate: string): boolean {
  return ((bitsOf(address) ^ bitsOf(candidate)) & bitsOf(netmask)) === 0;
}

function bitsOf(address: string): number {
  return address.split('.').reduce((bits, byte) => (bits << 8) | Number(byte), 0);
}
