import type { FastifyInstance } from 'fastify';

import {
  type AsynchronousPersistentQueue,
  type ReadyOptions,
  ReplicatedStateMachine,
  type StateMachine,
} from '../lib/index.js';
import { AuctionHouse } from './auction/auction-house.js';
import { auctionRoutes } from './auction/auction-routes.js';
import { AuctionService } from './auction/auction-service.js';
import { Bank } from './banking/bank.js';
import { bankingRoutes } from './banking/banking-routes.js';
import { BankingService } from './banking/banking-service.js';
import type { SampleName } from './tours.js';

/** One replica of a sample: its state machine, and its façade as HTTP routes. */
export interface SampleReplica {
  readonly routes: (app: FastifyInstance) => void;
  /** As `machine.ready`. */
  readonly ready: (options: ReadyOptions) => Promise<void>;
  /** Closes the state machine and its queue. */
  readonly close: () => Promise<void>;
}

function common<S extends StateMachine>(machine: ReplicatedStateMachine<S>): Pick<SampleReplica, 'ready' | 'close'> {
  return { ready: (options) => machine.ready(options), close: () => machine.close() };
}

/** How to make a replica of each sample on a queue. */
export const samples: Record<SampleName, (queue: AsynchronousPersistentQueue) => Promise<SampleReplica>> = {
  auction: async (queue) => {
    const machine = await ReplicatedStateMachine.create(new AuctionHouse(), queue);
    return { routes: (app) => auctionRoutes(app, new AuctionService(machine)), ...common(machine) };
  },
  banking: async (queue) => {
    const machine = await ReplicatedStateMachine.create(new Bank(), queue);
    return { routes: (app) => bankingRoutes(app, new BankingService(machine)), ...common(machine) };
  },
};
