import { promises as dns } from 'node:dns';

/** Looks up names. A name that does not exist rejects, as a server that does not answer does. */
export interface Resolver {
  /** The addresses of a host, IPv4 and IPv6. */
  addresses(host: string): Promise<readonly string[]>;
  /** The hosts and ports of a service. */
  services(name: string): Promise<readonly { readonly name: string; readonly port: number }[]>;
}

/** As this machine is configured to look up hosts; services come from its DNS servers. */
export const systemResolver: Resolver = {
  addresses: async (host) => (await dns.lookup(host, { all: true })).map(({ address }) => address),
  services: (name) => dns.resolveSrv(name),
};
