import type { Position } from '../model/ids.js';

/**
 * The ticket of a message put by `put()`: told where the message is once it is ordered. Tickets of any other sort are
 * the state holder's own and go to it with the message.
 */
export class PutTicket {
  constructor(
    readonly resolve: (position: Position) => void,
    readonly reject: (error: Error) => void,
  ) {}
}
