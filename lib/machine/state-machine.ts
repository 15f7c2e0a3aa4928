/**
 * The state of an application: every replica has a copy of it in memory. A subclass has the data as ordinary fields, and any
 * useful methods. It begins in the same state at every replica, and only operations change it: no code outside of an operation
 * may write to it, and an operation's outcome may depend only on the state, the operation's own fields and its context.
 *
 * ```ts
 * class AuctionHouse extends StateMachine {
 *   @Type(() => Auction) auctions: Map<string, Auction> = new Map();
 * }
 * ```
 */
export abstract class StateMachine {}
