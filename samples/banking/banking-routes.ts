import type { FastifyInstance } from 'fastify';

import { amount, count, identifier, object, text } from '../schemas.js';
import type { BankingService } from './banking-service.js';

interface OfAccount {
  Params: { accountId: string };
}
interface Movement {
  Params: { accountId: string; transactionId: string };
  Body: { amountCents: number };
}
interface TransferBetween {
  Params: { transactionId: string };
  Body: { from: string; to: string; amountCents: number };
}

const ofAccount = { params: object({ accountId: identifier }) };
const movement = {
  params: object({ accountId: identifier, transactionId: identifier }),
  body: object({ amountCents: amount }),
};
const transfer = {
  params: object({ transactionId: identifier }),
  body: object({ from: identifier, to: identifier, amountCents: amount }),
};

/** The bank over HTTP. Everything that changes it is a PUT, which may be repeated. */
export function bankingRoutes(app: FastifyInstance, service: BankingService): void {
  app.put<OfAccount & { Body: { owner: string } }>(
    '/accounts/:accountId',
    { schema: { ...ofAccount, body: object({ owner: text }) } },
    async ({ params, body }, reply) => {
      const { account, created } = await service.openAccount(params.accountId, body.owner);
      return reply.code(created ? 201 : 200).send(account);
    },
  );

  app.get<OfAccount>('/accounts/:accountId', { schema: ofAccount }, async ({ params }) =>
    service.balance(params.accountId),
  );

  app.get<OfAccount & { Querystring: { last?: string } }>(
    '/accounts/:accountId/statement',
    { schema: { ...ofAccount, querystring: object({}, { last: count }) } },
    async ({ params, query }) => service.statement(params.accountId, Number(query.last ?? 100)),
  );

  app.put<Movement>(
    '/accounts/:accountId/deposits/:transactionId',
    { schema: movement },
    async ({ params, body }, reply) => {
      const receipt = await service.deposit(params.accountId, body.amountCents, params.transactionId);
      return reply.code(receipt.created ? 201 : 200).send(receipt);
    },
  );

  app.put<Movement>(
    '/accounts/:accountId/withdrawals/:transactionId',
    { schema: movement },
    async ({ params, body }, reply) => {
      const receipt = await service.withdraw(params.accountId, body.amountCents, params.transactionId);
      return reply.code(receipt.created ? 201 : 200).send(receipt);
    },
  );

  app.put<TransferBetween>('/transfers/:transactionId', { schema: transfer }, async ({ params, body }, reply) => {
    const receipt = await service.transfer(body.from, body.to, body.amountCents, params.transactionId);
    return reply.code(receipt.created ? 201 : 200).send(receipt);
  });
}
