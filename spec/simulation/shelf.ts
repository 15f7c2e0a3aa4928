import { Operation, operation, StateMachine } from '../../lib/index.js';
import { type Client, simulate, type SimulationOptions, type SimulationReport } from '../../lib/simulation/index.js';

/** Keeps whatever operations add to it. */
export class Shelf extends StateMachine {
  readonly items: unknown[] = [];
}

@operation('spec.simulate.put')
export class Put extends Operation<Shelf, number> {
  constructor(readonly item: string) {
    super();
  }

  execute(shelf: Shelf): number {
    return shelf.items.push(this.item);
  }
}

@operation('spec.simulate.put-random')
export class PutRandom extends Operation<Shelf, number> {
  execute(shelf: Shelf): number {
    return shelf.items.push(Math.random());
  }
}

/** Puts one item, which no other turn puts. */
export const put = (client: Client<Shelf>): Promise<number> => client.execute(new Put(`${client.name}-${client.turn}`));

/** Simulates a shelf of three replicas, for a second of faults. */
export async function simulateShelf(options: Partial<SimulationOptions<Shelf>>): Promise<SimulationReport> {
  return simulate({
    initialState: () => new Shelf(),
    workload: put,
    profiles: ['calm'],
    replicas: 3,
    faultySeconds: 1,
    ...options,
  });
}
