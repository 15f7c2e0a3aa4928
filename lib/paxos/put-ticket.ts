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

/**
 * Answers the `put()`s among the tickets of a batch whose first message has this position. Returns those of the holder, in
 * the places where they were.
 */
export function answerPuts(tickets: readonly unknown[], position: Position): unknown[] {
  return tickets.map((ticket, index) => {
    if (!(ticket instanceof PutTicket)) return ticket;
    ticket.resolve((position + index) as Position);
    return undefined;
  });
}

/**
 * Rejects the `put()`s among some tickets, because the positions of their messages are unknown. Returns the tickets of the
 * holder.
 */
export function refusePuts(tickets: readonly unknown[], why: Error): unknown[] {
  return tickets.filter((ticket) => {
    if (!(ticket instanceof PutTicket)) return true;
    ticket.reject(why);
    return false;
  });
}
