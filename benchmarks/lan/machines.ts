import { Namespace } from './namespace.js';

/** A machine, or something that stands for one: an address, and the command that runs a program there. */
export interface Machine {
  readonly address: string;
  readonly under: readonly string[];
}

export interface Machines {
  readonly nodes: readonly Machine[];
  readonly driver: Machine;
  remove(): Promise<void>;
}

const SUBNET = '10.77.0';
const BITS = 24;

/**
 * So many machines, each a network namespace with one interface, joined by a bridge in the namespace of the driver. The
 * interfaces of this machine are not touched, and nothing is left but what dies with this process.
 * @throws Error where this user may not have them
 */
export async function namespaces(count: number): Promise<Machines> {
  const made: Namespace[] = [];
  const create = async (): Promise<Namespace> => {
    const namespace = await Namespace.create();
    made.push(namespace);
    return namespace;
  };
  const remove = async (): Promise<void> => {
    await Promise.all(made.map((namespace) => namespace.remove()));
  };
  try {
    const driver = await create();
    // Snooping keeps multicast from those who have not been heard to ask for it, and nobody here asks them to repeat it.
    await driver.ip('link add bridge type bridge mcast_snooping 0');
    const home = `${SUBNET}.254`;
    await driver.ip(`address add ${home}/${BITS} dev bridge`);
    await driver.ip('link set bridge up');
    const nodes: Machine[] = [];
    for (let number = 1; number <= count; number += 1) {
      const node = await create();
      const address = `${SUBNET}.${number}`;
      await driver.connect(node, 'bridge');
      await node.ip(`address add ${address}/${BITS} dev cable`);
      await node.ip('link set cable up');
      nodes.push({ address, under: node.under });
    }
    return { nodes, driver: { address: home, under: driver.under }, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** The same on loopback, where an address is all that there is of a machine. */
export function loopback(count: number): Machines {
  const nodes = Array.from({ length: count }, (_, i) => ({ address: `127.0.0.${i + 1}`, under: [] }));
  return { nodes, driver: { address: '127.0.0.1', under: [] }, remove: () => Promise.resolve() };
}
