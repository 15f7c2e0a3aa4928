import { Operation, operation, StateMachine } from '../lib/index.js';

/** A state that costs next to nothing, so that what is measured is the replication. */
export class Counters extends StateMachine {
  counts: Map<string, number> = new Map<string, number>();
}

/** Adds to one counter; `padding` gives the operation the size that is asked for. */
@operation('benchmark.add')
export class Add extends Operation<Counters, number> {
  constructor(
    readonly counter: string,
    readonly amount: number,
    readonly padding: string,
  ) {
    super();
  }

  override execute(state: Counters): number {
    const count = (state.counts.get(this.counter) ?? 0) + this.amount;
    state.counts.set(this.counter, count);
    return count;
  }
}
