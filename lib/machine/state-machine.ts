/**
 * The state of an application: what every replica holds a copy of, in memory. A subclass has the data as ordinary fields,
 * and any methods that are of use. It begins in the same state at every replica, and only operations change it: nothing
 * outside of an operation may write to it, and an operation's outcome may depend on nothing but the state, the operation's
 * own fields and its context.
 *
 * ```ts
 * class AuctionHouse extends StateMachine {
 *   @Type(() => Auction) auctions: Map<string, Auction> = new Map();
 * }
 * ```
 */
export abstract class StateMachine {}
