import type { FastifyInstance } from 'fastify';

import { amount, count, identifier, object, text } from '../schemas.js';
import { MAX_OPEN_SECONDS } from './auction.js';
import type { AuctionService, Lot } from './auction-service.js';

const params = object({ auctionId: identifier });
const lot = object({
  seller: identifier,
  item: text,
  reserveCents: amount,
  incrementCents: amount,
  openForSeconds: { type: 'integer', minimum: 1, maximum: MAX_OPEN_SECONDS },
});
const bid = object({ bidder: identifier, amountCents: amount });

/** The auction house over HTTP. */
export function auctionRoutes(app: FastifyInstance, service: AuctionService): void {
  app.get<{ Querystring: { recent?: string } }>(
    '/auctions',
    { schema: { querystring: object({}, { recent: count }) } },
    async ({ query }) => ({
      auctions: query.recent === undefined ? await service.list() : await service.recent(Number(query.recent)),
    }),
  );

  app.get<{ Params: { auctionId: string } }>('/auctions/:auctionId', { schema: { params } }, async (request) =>
    service.show(request.params.auctionId),
  );

  app.put<{ Params: { auctionId: string }; Body: Lot }>(
    '/auctions/:auctionId',
    { schema: { params, body: lot } },
    async (request, reply) => {
      const { auction, created } = await service.putUp(request.params.auctionId, request.body);
      return reply.code(created ? 201 : 200).send(auction);
    },
  );

  app.post<{ Params: { auctionId: string }; Body: { bidder: string; amountCents: number } }>(
    '/auctions/:auctionId/bids',
    { schema: { params, body: bid } },
    async (request, reply) => {
      const { bidder, amountCents } = request.body;
      return reply.code(201).send(await service.bid(request.params.auctionId, bidder, amountCents));
    },
  );
}
