import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { canonical, parseRendezvous, reachedFrom, shownAddress } from '../../../lib/transport/udp/rendezvous.js';

const LISTEN = '10.0.0.1:7400';

function unicast(listen: string, ...peers: string[]): unknown {
  return parseRendezvous('auctions', { listen, peers });
}

function refusal(queueId: string, options: Parameters<typeof parseRendezvous>[1]): unknown {
  try {
    return parseRendezvous(queueId, options);
  } catch (error) {
    return error;
  }
}

const port = fc.integer({ min: 1, max: 65_535 });

describe('a queue id', () => {
  it.each(['224.0.0.1:1', '239.255.255.255:65535', '232.1.2.3:7400'])('%s names a group and a port', (queueId) => {
    const rendezvous = parseRendezvous(queueId, {});
    if (rendezvous.kind !== 'multicast') throw new Error('not multicast');
    expect(shownAddress(rendezvous.group)).toBe(queueId);
    expect(rendezvous).toMatchObject({ networkInterface: '127.0.0.1', port: null });
  });

  it.each(['a', 'auctions', 'eu-1/auctions@v2', '239.255.0.1:7400', 'x'.repeat(100)])(
    "'%s' is a name where the process listens at an address",
    (queueId) => {
      expect(parseRendezvous(queueId, { listen: LISTEN })).toMatchObject({ kind: 'unicast', hints: [] });
    },
  );

  it.each(['', ' a', 'a b', 'ä', '/a', 'x'.repeat(101), 'a\n'])("'%s' is none", (queueId) => {
    expect(refusal(queueId, { listen: LISTEN })).toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining("'auctions'") as unknown,
    });
  });

  it('that is a name is refused without an address to listen at, and the error says so', () => {
    expect(refusal('auctions', {})).toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('option listen') as unknown,
    });
  });
});

describe('the address to listen at', () => {
  it('is any IPv4 address, with a port or without', () => {
    fc.assert(
      fc.property(fc.ipV4(), port, (address, at) => {
        fc.pre(Number.parseInt(address, 10) < 224);
        expect(unicast(`${address}:${at}`)).toMatchObject({ kind: 'unicast', address, port: at });
        expect(unicast(address)).toMatchObject({ address, port: null });
        expect(unicast(`${address}:0`)).toMatchObject({ address, port: null });
      }),
    );
  });

  it('is any IPv6 address in brackets, however it is written', () => {
    fc.assert(
      fc.property(fc.ipV6(), port, (address, at) => {
        fc.pre(!address.toLowerCase().startsWith('ff'));
        expect(unicast(`[${address}]:${at}`)).toMatchObject({ address: canonical(address), port: at });
        expect(unicast(`[${address}]`)).toMatchObject({ port: null });
      }),
    );
  });

  it.each([
    '10.0.0.1:65536',
    '10.0.0.1:07',
    '10.0.0.1:-1',
    '10.0.0.1:',
    '10.0.0.256:7400',
    ':7400',
    'fd00::1',
    'fd00::1:7400',
    '[10.0.0.1]:7400',
    '[fd00::1]7400',
    'db-1.internal:7400',
    '239.255.0.1:7400',
    '[ff02::1]:7400',
    ' 10.0.0.1:7400',
  ])("'%s' is refused", (listen) => {
    expect(refusal('auctions', { listen })).toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('option listen') as unknown,
    });
  });

  it.each([{ port: 7400 }, { networkInterface: 'lo' }, { networkInterface: 'lo', port: 7400 }])(
    'contradicts %p',
    (others) => {
      expect(refusal('auctions', { listen: LISTEN, ...others })).toMatchObject({
        code: 'INVALID_OPTION',
        message: expect.stringContaining('contradict') as unknown,
      });
    },
  );
});

describe('peers', () => {
  it('are addresses, hosts and services', () => {
    expect(
      unicast('[::]:7400', '10.0.0.2:7400', '[fd00:0:0::2]:7401', 'db-2.internal:7402', '_treplica._udp.example.org'),
    ).toMatchObject({
      hints: [
        { kind: 'address', address: '10.0.0.2', port: 7400 },
        { kind: 'address', address: 'fd00::2', port: 7401 },
        { kind: 'host', name: 'db-2.internal', port: 7402 },
        { kind: 'service', name: '_treplica._udp.example.org' },
      ],
    });
  });

  it('are any host that DNS can name', () => {
    fc.assert(
      fc.property(fc.domain(), port, (name, at) => {
        expect(unicast(LISTEN, `${name}:${at}`)).toMatchObject({ hints: [{ kind: 'host', name, port: at }] });
      }),
    );
  });

  it('are nothing else, and no text makes more than an error of this kind', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[[\]:._a-f0-9%-]{0,20}$/)), (peer) => {
        const result = refusal('auctions', { listen: '[::]:7400', peers: [peer] });
        if (result instanceof Error) expect(result).toMatchObject({ code: 'INVALID_OPTION' });
        else expect(result).toMatchObject({ kind: 'unicast' });
      }),
    );
  });

  it.each([
    '10.0.0.2',
    '10.0.0.2:0',
    '10.0.0.256:7400',
    '0.0.0.0:7400',
    '[::]:7400',
    '239.255.0.1:7400',
    'db-2.internal',
    '-db.internal:7400',
    'db..internal:7400',
    'http://db:7400',
    '_treplica._udp.example.org:7400x',
    '_treplica.example.org',
    `${'a'.repeat(64)}.org:7400`,
  ])("'%s' is refused", (peer) => {
    expect(refusal('auctions', { listen: LISTEN, peers: ['10.0.0.3:7400', peer] })).toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('option peers') as unknown,
    });
  });

  it('that the socket does not reach are refused', () => {
    for (const [listen, peer] of [
      [LISTEN, '[fd00::2]:7400'],
      ['0.0.0.0', '[fd00::2]:7400'],
      ['[fd00::1]', '10.0.0.2:7400'],
    ] as const)
      expect(refusal('auctions', { listen, peers: [peer] })).toMatchObject({
        code: 'INVALID_OPTION',
        message: expect.stringContaining('not reached') as unknown,
      });
  });

  it('are refused where the queue meets at a multicast address', () => {
    expect(refusal('239.255.0.1:7400', { peers: [] })).toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('without the option listen') as unknown,
    });
  });
});

describe('an address', () => {
  it('of IPv4 is reached from all addresses of IPv6 in the form in which the kernel reports it', () => {
    expect(reachedFrom('::', '10.0.0.2')).toBe(canonical('::FFFF:10.0.0.2'));
    expect(reachedFrom('::', 'fd00::2')).toBe('fd00::2');
    expect(reachedFrom('0.0.0.0', '10.0.0.2')).toBe('10.0.0.2');
    expect(reachedFrom('::1', '10.0.0.2')).toBeNull();
  });

  it('is shown as it is written in options', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), port, (text, at) => {
        const address = canonical(text) ?? '';
        const multicast = address.startsWith('ff') || /^(22[4-9]|23\d|24\d|25\d)\./.test(address);
        fc.pre(!multicast);
        expect(unicast(shownAddress({ address, port: at }))).toMatchObject({ address, port: at });
      }),
    );
  });
});
