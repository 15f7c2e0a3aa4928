import { Operation, operation, StateMachine } from '../../lib/index.js';

/** Keeps every entry in the order in which it was executed, so that nothing missing, double or misplaced can hide. */
export class Journal extends StateMachine {
  entries: string[] = [];
}

@operation('journal.append')
export class Append extends Operation<Journal, number> {
  constructor(readonly entry: string) {
    super();
  }

  execute(journal: Journal): number {
    return journal.entries.push(this.entry) - 1;
  }
}
