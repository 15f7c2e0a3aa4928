/** The samples there are, and for each the requests that show what a group of replicas is. */

export const sampleNames = ['auction', 'banking'] as const;
export type SampleName = (typeof sampleNames)[number];

export function isSampleName(name: string): name is SampleName {
  return (sampleNames as readonly string[]).includes(name);
}

/** One request at a time, each at another replica; `url(k)` is the address of the k-th one, counted from 1. */
export function tourOf(sample: SampleName, url: (replica: number) => string): string[] {
  switch (sample) {
    case 'auction':
      return [
        curl('PUT', `${url(1)}/auctions/lamp`, {
          seller: 'ana',
          item: 'Brass lamp',
          reserveCents: 5000,
          incrementCents: 500,
          openForSeconds: 86_400,
        }),
        curl('POST', `${url(2)}/auctions/lamp/bids`, { bidder: 'bruno', amountCents: 5000 }),
        `curl ${url(3)}/auctions/lamp`,
      ];
    case 'banking':
      return [
        curl('PUT', `${url(1)}/accounts/ana`, { owner: 'Ana' }),
        curl('PUT', `${url(2)}/accounts/ana/deposits/salary`, { amountCents: 5000 }),
        `curl ${url(3)}/accounts/ana/statement`,
      ];
  }
}

function curl(method: string, url: string, body: object): string {
  return `curl -X ${method} ${url} -H 'content-type: application/json' -d '${JSON.stringify(body)}'`;
}
