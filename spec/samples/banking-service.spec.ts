import { beforeEach, describe, expect, it } from '@jest/globals';
import type { FastifyInstance } from 'fastify';

import { ReplicatedStateMachine } from '../../lib/index.js';
import { Bank } from '../../samples/banking/bank.js';
import { bankingRoutes } from '../../samples/banking/banking-routes.js';
import { BankingService } from '../../samples/banking/banking-service.js';
import { createHttpService } from '../../samples/http-service.js';
import { MemoryLog, type MemoryQueue } from '../support/memory-queue.js';

let log: MemoryLog;
let queue: MemoryQueue;
let service: BankingService;
let app: FastifyInstance;

beforeEach(async () => {
  log = new MemoryLog();
  queue = log.queue();
  service = new BankingService(await ReplicatedStateMachine.create(new Bank(), queue), 50);
  app = createHttpService({
    routes: (routes) => bankingRoutes(routes, service),
    health: async () => ({ isServing: true, role: 'member' }),
    self: { sample: 'banking' },
    onInternalError: (error) => {
      throw error;
    },
  });
});

async function get(url: string): Promise<object> {
  const response = await app.inject({ method: 'GET', url });
  return { status: response.statusCode, ...response.json<object>() };
}

async function put(url: string, payload: object): Promise<object> {
  const response = await app.inject({ method: 'PUT', url, payload });
  return { status: response.statusCode, ...response.json<object>() };
}

/** From now on nothing is decided, and nobody answers a read. */
describe('the façade of the bank', () => {
  it('reads like any asynchronous object', async () => {
    await service.openAccount('ana', 'Ana');
    await service.openAccount('bruno', 'Bruno');
    await service.deposit('ana', 1000, 'salary');
    await service.transfer('ana', 'bruno', 300, 'rent');
    await service.withdraw('bruno', 100, 'cash');
    expect(await service.balance('ana')).toEqual({ accountId: 'ana', owner: 'Ana', balanceCents: 700 });
    expect((await service.statement('bruno')).entries.map(({ changeCents }) => changeCents)).toEqual([-100, 300]);
    expect((await service.statement('bruno', 1)).entries).toHaveLength(1);
  });

  it('rejects with what the operation has thrown', async () => {
    await service.openAccount('ana', 'Ana');
    await expect(service.withdraw('ana', 1, 'cash')).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
    await expect(service.balance('bruno')).rejects.toMatchObject({ code: 'ACCOUNT_NOT_FOUND' });
  });
});

describe('the bank over HTTP', () => {
  beforeEach(async () => {
    await put('/accounts/ana', { owner: 'Ana' });
    await put('/accounts/bruno', { owner: 'Bruno' });
    await put('/accounts/ana/deposits/salary', { amountCents: 1000 });
  });

  it('opens an account once', async () => {
    expect(await put('/accounts/carla', { owner: 'Carla' })).toMatchObject({ status: 201, balanceCents: 0 });
    expect(await put('/accounts/carla', { owner: 'Carla' })).toMatchObject({ status: 200 });
    expect(await put('/accounts/carla', { owner: 'Clara' })).toMatchObject({ status: 409, code: 'ACCOUNT_EXISTS' });
  });

  it('carries a transaction out once', async () => {
    const rent = { from: 'ana', to: 'bruno', amountCents: 400 };
    expect(await put('/transfers/rent', rent)).toMatchObject({ status: 201, transactionId: 'rent', ...rent });
    expect(await put('/transfers/rent', rent)).toMatchObject({ status: 200, transactionId: 'rent', ...rent });
    expect(await put('/transfers/rent', { ...rent, amountCents: 1 })).toMatchObject({
      status: 409,
      code: 'TRANSACTION_ID_TAKEN',
    });
    expect(await get('/accounts/ana')).toMatchObject({ status: 200, balanceCents: 600 });
    expect(await get('/accounts/bruno')).toMatchObject({ status: 200, balanceCents: 400 });
  });

  it('gives statements, the latest entry first', async () => {
    expect(await put('/accounts/ana/withdrawals/cash', { amountCents: 1 })).toMatchObject({ status: 201 });
    expect(await get('/accounts/ana/statement')).toMatchObject({
      balanceCents: 999,
      entries: [
        { transactionId: 'cash', changeCents: -1, balanceCents: 999 },
        { transactionId: 'salary', changeCents: 1000, balanceCents: 1000 },
      ],
    });
    expect(await get('/accounts/ana/statement?last=1')).toMatchObject({ entries: [{ transactionId: 'cash' }] });
  });

  it('lends nothing', async () => {
    expect(await put('/accounts/ana/withdrawals/cash', { amountCents: 1001 })).toMatchObject({
      status: 409,
      code: 'INSUFFICIENT_FUNDS',
      detail: 'Account "ana" holds 1000 cents only.',
    });
  });

  it('tells what is not there from what makes no sense', async () => {
    expect(await get('/accounts/carla')).toMatchObject({ status: 404, code: 'ACCOUNT_NOT_FOUND' });
    const transfer = { from: 'ana', to: 'ana', amountCents: 1 };
    expect(await put('/transfers/rent', transfer)).toMatchObject({ status: 400, code: 'SAME_ACCOUNT' });
    expect(await put('/transfers/rent', { ...transfer, to: 'carla' })).toMatchObject({ status: 404 });
  });

  it.each([0, -1, 0.5, '1', null, 2 ** 53])('refuses %j as an amount', async (amountCents) => {
    for (const url of ['/accounts/ana/deposits/d', '/accounts/ana/withdrawals/w']) {
      expect(await put(url, { amountCents })).toMatchObject({ status: 400, code: 'INVALID_INPUT' });
    }
    expect(await put('/transfers/t', { from: 'ana', to: 'bruno', amountCents })).toMatchObject({ status: 400 });
    expect(await get('/accounts/ana')).toMatchObject({ balanceCents: 1000 });
  });

  it('says that it does not know whether money has moved, where it does not', async () => {
    queue.loseMajority();
    expect(await put('/accounts/ana/deposits/gift', { amountCents: 1 })).toMatchObject({
      status: 503,
      code: 'UNKNOWN_OUTCOME',
    });
  });
});
