import { execFileSync } from 'node:child_process';

const COMMANDS = [
  ['ip -V', 'install iproute2'],
  ['ip netns list', 'run as root'],
] as const;

const COMMAND_OF_FILTERS = ['nft -v', 'install nftables'] as const;

/** What a spec with hosts of its own needs and does not find here; null where it finds everything. */
export function missingForHosts({ filters = true } = {}): string | null {
  for (const [command, remedy] of filters ? [...COMMANDS, COMMAND_OF_FILTERS] : COMMANDS) {
    const [name = '', ...args] = command.split(' ');
    try {
      execFileSync(name, args, { stdio: 'ignore' });
    } catch {
      return `'${command}' fails: ${remedy}`;
    }
  }
  try {
    new Hosts(1).remove();
    return null;
  } catch (error) {
    return `network namespaces with bridges and packet filters are not permitted: ${String(error)}`;
  }
}

/** The preference of the rule that drops a protocol. */
const WALL = 1;

let hostsMade = 0;

/** Network namespaces of one bridge, each like a host with an interface and a firewall of its own. */
export class Hosts {
  /** The interface of each. */
  static readonly interfaceName = 'eth0';
  readonly #names: readonly string[];
  readonly #bridge: string;

  constructor(n: number) {
    hostsMade += 1;
    const prefix = `trp${process.pid}-${hostsMade}`;
    this.#bridge = `${prefix}-br`;
    this.#names = Array.from({ length: n }, (_, i) => `${prefix}-${i + 1}`);
    try {
      this.#make();
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** The command that runs another one on a host. */
  command(index: number): readonly string[] {
    return ['ip', 'netns', 'exec', this.#nameOf(index)];
  }

  /** The host's firewall drops what comes in and goes out of one protocol. */
  drop(index: number, protocol: 'tcp' | 'udp'): void {
    this.#on(index, 'nft add table inet wall');
    for (const hook of ['input', 'output']) {
      this.#on(index, `nft add chain inet wall ${hook} { type filter hook ${hook} priority 0 ; }`);
      this.#on(index, `nft add rule inet wall ${hook} meta l4proto ${protocol} drop`);
    }
  }

  /** The same without a packet filter, by a rule of routing, which multicast does not meet. */
  dropUnicast(index: number, protocol: 'tcp' | 'udp'): void {
    const name = this.#nameOf(index);
    // Before the rule for addresses of the host itself, so that what comes in meets it too.
    run(`ip -n ${name} rule add pref ${WALL + 1} lookup local`);
    run(`ip -n ${name} rule delete pref 0`);
    run(`ip -n ${name} rule add pref ${WALL} ipproto ${protocol} blackhole`);
  }

  passUnicast(index: number): void {
    run(`ip -n ${this.#nameOf(index)} rule delete pref ${WALL}`);
  }

  addressOf(index: number): string {
    return `10.77.0.${index + 1}`;
  }

  pass(index: number): void {
    this.#on(index, 'nft delete table inet wall');
  }

  remove(): void {
    for (const name of [...this.#names, this.#bridge]) {
      try {
        run(`ip netns delete ${name}`);
      } catch {
        // It was not made.
      }
    }
  }

  #make(): void {
    run(`ip netns add ${this.#bridge}`);
    run(`ip -n ${this.#bridge} link add br0 type bridge mcast_snooping 0`);
    run(`ip -n ${this.#bridge} link set br0 up`);
    this.#names.forEach((name, i) => {
      run(`ip netns add ${name}`);
      run(`ip -n ${name} link add ${Hosts.interfaceName} type veth peer name port${i} netns ${this.#bridge}`);
      run(`ip -n ${this.#bridge} link set port${i} master br0 up`);
      run(`ip -n ${name} address add ${this.addressOf(i)}/24 dev ${Hosts.interfaceName}`);
      run(`ip -n ${name} link set lo up`);
      run(`ip -n ${name} link set ${Hosts.interfaceName} up`);
    });
  }

  #on(index: number, command: string): void {
    run(`ip netns exec ${this.#nameOf(index)} ${command}`);
  }

  #nameOf(index: number): string {
    const name = this.#names[index];
    if (name === undefined) throw new Error(`there is no host ${index}`);
    return name;
  }
}

function run(command: string): void {
  const [name = '', ...args] = command.split(' ');
  execFileSync(name, args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
