/** The states that the replicas of a benchmark replicate, and the operations that their callers execute. */
import { type ExecutionContext, type Operation, operation, type StateMachine } from '../lib/index.js';
import { AuctionHouse } from '../samples/auction/auction-house.js';
import { PutUp } from '../samples/auction/put-up.js';
import { Add, Counters, note } from './workload.js';

interface Workload {
  initialState(): StateMachine;
  /** The next operation of `caller` at the replica of that name. */
  operation(replica: string, caller: number, padding: string): Operation<StateMachine, unknown>;
}

export type WorkloadName = 'counters' | 'auction';

export const workloads: Readonly<Record<WorkloadName, Workload>> = {
  counters: {
    initialState: () => new Counters(),
    operation: (replica, caller, padding) => new Add(`${replica}-${caller}`, 1, padding),
  },
  auction: { initialState: () => new AuctionHouse(), operation: putUp },
};

/** The sample's operation, counted. */
@operation('benchmark.put-up')
class CountedPutUp extends PutUp {
  override execute(house: AuctionHouse, context: ExecutionContext): ReturnType<PutUp['execute']> {
    note(context);
    return super.execute(house, context);
  }
}

const OPEN_SECONDS = 3600;
let auctions = 0;

/** Of an auction that nobody has put up before: the process's id tells this start of a replica from earlier ones. */
function putUp(replica: string, caller: number, padding: string): PutUp {
  auctions += 1;
  return new CountedPutUp(`${replica}-${process.pid}-${auctions}`, `seller ${caller}`, padding, 100, 10, OPEN_SECONDS);
}
