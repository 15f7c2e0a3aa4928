import { beforeEach, describe, expect, it } from '@jest/globals';
import type { FastifyInstance } from 'fastify';

import { ReplicatedStateMachine, UnknownOutcomeError } from '../../lib/index.js';
import { AuctionHouse } from '../../samples/auction/auction-house.js';
import { auctionRoutes } from '../../samples/auction/auction-routes.js';
import { AuctionService } from '../../samples/auction/auction-service.js';
import { createHttpService } from '../../samples/http-service.js';
import { MemoryLog, type MemoryQueue } from '../support/memory-queue.js';

const lamp = { seller: 'ana', item: 'Brass lamp', reserveCents: 5000, incrementCents: 500, openForSeconds: 60 };

let log: MemoryLog;
let queue: MemoryQueue;
let machine: ReplicatedStateMachine<AuctionHouse>;
let service: AuctionService;
let app: FastifyInstance;
let internalErrors: unknown[];

beforeEach(async () => {
  log = new MemoryLog();
  log.nowMs = Date.parse('2025-06-01T12:00:00Z');
  queue = log.queue();
  machine = await ReplicatedStateMachine.create(new AuctionHouse(), queue);
  service = new AuctionService(machine, 50);
  internalErrors = [];
  app = createHttpService({
    routes: (routes) => auctionRoutes(routes, service),
    health: async () => ({ isServing: true, role: 'member' }),
    self: { sample: 'auction' },
    onInternalError: (error) => internalErrors.push(error),
  });
});

/** Status and body of the answer; every error has to be a problem. */
async function ask(
  method: 'GET' | 'PUT' | 'POST',
  url: string,
  body?: object | string,
  type = 'application/json',
): Promise<Record<string, unknown>> {
  const response = await app.inject({
    method,
    url,
    ...(body === undefined ? {} : { payload: body, headers: { 'content-type': type } }),
  });
  const isProblem = String(response.headers['content-type']).startsWith('application/problem+json');
  expect(isProblem).toBe(response.statusCode >= 400);
  const answer = response.json<Record<string, unknown>>();
  if (isProblem) expect(answer['status']).toBe(response.statusCode);
  return { status: response.statusCode, ...answer };
}

/** From now on nothing is decided, and nobody answers a read. */
describe('the façade of the auction house', () => {
  it('reads like any asynchronous object', async () => {
    await service.putUp('lamp', lamp);
    await service.putUp('sofa', { ...lamp, item: 'Sofa' });
    await service.putUp('vase', { ...lamp, item: 'Vase' });
    await service.bid('lamp', 'bruno', 5000);
    expect((await service.list()).map(({ auctionId }) => auctionId)).toEqual(['lamp', 'sofa', 'vase']);
    expect((await service.recent(2)).map(({ auctionId }) => auctionId)).toEqual(['vase', 'sofa']);
    expect((await service.show('lamp')).highestBid).toMatchObject({ bidder: 'bruno' });
  });

  it('rejects with what the operation has thrown', async () => {
    await expect(service.show('lamp')).rejects.toMatchObject({ name: 'AuctionError', code: 'AUCTION_NOT_FOUND' });
    await expect(service.bid('lamp', 'bruno', 1)).rejects.toMatchObject({ code: 'AUCTION_NOT_FOUND' });
  });

  it('is the same at every replica', async () => {
    const other = new AuctionService(await ReplicatedStateMachine.create(new AuctionHouse(), log.queue()));
    await service.putUp('lamp', lamp);
    const { bids } = await other.bid('lamp', 'bruno', 5000);
    expect((await service.show('lamp')).bids).toEqual(bids);
    await expect(service.bid('lamp', 'carla', 5000)).rejects.toMatchObject({ code: 'BID_TOO_LOW' });
  });

  it('does not wait for ever where there is no majority', async () => {
    queue.loseMajority();
    await expect(service.bid('lamp', 'bruno', 1)).rejects.toBeInstanceOf(UnknownOutcomeError);
    await expect(service.list()).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});

describe('the auction house over HTTP', () => {
  it('puts an item up once', async () => {
    expect(await ask('PUT', '/auctions/lamp', lamp)).toMatchObject({
      status: 201,
      auctionId: 'lamp',
      closesAt: '2025-06-01T12:01:00.000Z',
    });
    expect(await ask('PUT', '/auctions/lamp', lamp)).toMatchObject({ status: 200, auctionId: 'lamp' });
    expect(await ask('PUT', '/auctions/lamp', { ...lamp, item: 'Sofa' })).toMatchObject({
      status: 409,
      code: 'AUCTION_EXISTS',
    });
  });

  it('lists all auctions, or the latest, and shows one', async () => {
    expect(await ask('GET', '/auctions')).toEqual({ status: 200, auctions: [] });
    await ask('PUT', '/auctions/lamp', lamp);
    await ask('PUT', '/auctions/sofa', lamp);
    await ask('POST', '/auctions/sofa/bids', { bidder: 'bruno', amountCents: 5000 });
    expect(await ask('GET', '/auctions')).toMatchObject({ auctions: [{ auctionId: 'lamp' }, { auctionId: 'sofa' }] });
    expect((await ask('GET', '/auctions?recent=1'))['auctions']).toMatchObject([{ auctionId: 'sofa' }]);
    expect(await ask('GET', '/auctions/sofa')).toMatchObject({ status: 200, bids: [{ bidder: 'bruno' }] });
  });

  it('accepts bids, and says by which rule it refuses one', async () => {
    await ask('PUT', '/auctions/lamp', lamp);
    const bids = '/auctions/lamp/bids';
    expect(await ask('POST', bids, { bidder: 'bruno', amountCents: 4999 })).toEqual({
      type: 'urn:problem:bid-too-low',
      title: 'Bid too low',
      status: 409,
      detail: 'A bid in auction "lamp" is now at least 5000 cents.',
      code: 'BID_TOO_LOW',
    });
    expect(await ask('POST', bids, { bidder: 'ana', amountCents: 5000 })).toMatchObject({ code: 'BID_BY_SELLER' });
    expect(await ask('POST', bids, { bidder: 'bruno', amountCents: 5000 })).toMatchObject({ status: 201 });
    log.nowMs += 60_000;
    expect(await ask('POST', bids, { bidder: 'carla', amountCents: 9000 })).toMatchObject({
      status: 409,
      code: 'AUCTION_CLOSED',
    });
  });

  it.each([
    { ...lamp, seller: undefined },
    { ...lamp, seller: '' },
    { ...lamp, item: '' },
    { ...lamp, reserveCents: '5000' },
    { ...lamp, reserveCents: 50.5 },
    { ...lamp, reserveCents: -1 },
    { ...lamp, incrementCents: 1e300 },
    { ...lamp, openForSeconds: 0 },
    { ...lamp, colour: 'brass' },
    [],
    '{"seller":',
    '',
  ])('refuses %j as an auction', async (body) => {
    expect(await ask('PUT', '/auctions/lamp', body)).toMatchObject({ status: 400, code: 'INVALID_INPUT' });
    expect(machine.state.auctions.size).toBe(0);
  });

  it.each(['/auctions/la%20mp', '/auctions/-', `/auctions/${'a'.repeat(65)}`, '/auctions/%zz', '/auctions?recent=0'])(
    'refuses %s as a path',
    async (url) => {
      expect(await ask('GET', url)).toMatchObject({ status: 400, code: 'INVALID_INPUT' });
    },
  );

  it('answers everything else that is wrong with a problem, too', async () => {
    expect(await ask('GET', '/auctions/lamp')).toMatchObject({ status: 404, code: 'AUCTION_NOT_FOUND' });
    expect(await ask('POST', '/auctions/lamp/bids', { bidder: 'bruno', amountCents: 1 })).toMatchObject({
      status: 404,
    });
    expect(await ask('GET', '/sofas')).toMatchObject({ status: 404, code: 'ROUTE_NOT_FOUND' });
    expect(await ask('PUT', '/auctions/lamp', 'a=b', 'application/x-www-form-urlencoded')).toMatchObject({
      status: 415,
      code: 'UNSUPPORTED_MEDIA_TYPE',
    });
    expect(await ask('PUT', '/auctions/lamp', { ...lamp, item: 'x'.repeat(20_000) })).toMatchObject({
      status: 413,
      code: 'PAYLOAD_TOO_LARGE',
    });
  });

  it('says that it does not know whether a change has been made, where it does not', async () => {
    await ask('PUT', '/auctions/lamp', lamp);
    queue.loseMajority();
    const answer = await ask('POST', '/auctions/lamp/bids', { bidder: 'bruno', amountCents: 5000 });
    expect(answer).toMatchObject({ status: 503, code: 'UNKNOWN_OUTCOME', title: 'Unknown outcome' });
    expect(answer['detail']).toMatch(/may have been executed/);
  });

  it('says that nothing has changed, where it knows', async () => {
    queue.loseMajority();
    expect(await ask('GET', '/auctions')).toMatchObject({ status: 503, code: 'TIMED_OUT' });
    await machine.close();
    expect(await ask('PUT', '/auctions/lamp', lamp)).toMatchObject({ status: 503, code: 'STATE_MACHINE_CLOSED' });
  });

  it('keeps its own mistakes to itself', async () => {
    app.get('/mistake', () => {
      throw new Error('the password is 1234');
    });
    const answer = await ask('GET', '/mistake');
    expect(answer).toMatchObject({ status: 500, code: 'INTERNAL_ERROR' });
    expect(JSON.stringify(answer)).not.toContain('1234');
    expect(internalErrors).toHaveLength(1);
  });

  it('says how it is', async () => {
    expect(await ask('GET', '/health')).toEqual({ status: 200, sample: 'auction', role: 'member' });
  });
});
