/** One call of a recorded history. It takes effect at one moment from its call to its return, both included. */
export interface Call<I, O> {
  /** The process that called; only for the explanation. */
  readonly process: string;
  readonly input: I;
  /** In any unit: only the order counts. A call that begins at the very moment another returns is concurrent with it. */
  readonly calledAt: number;
  /** Null where the call was never answered: it may have taken effect at any time after it began, or never. */
  readonly returnedAt: number | null;
  /** Without meaning where the call was never answered. */
  readonly output: O | null;
}

/** The behaviour of the object when calls come one at a time. States are values: `step` must not change the one it is given. */
export interface SequentialModel<S, I, O> {
  readonly initial: S;
  /**
   * The state after the input; null where it could not have given this output. The output is undefined where the call
   * was never answered: any will do.
   */
  step(state: S, input: I, output: O | undefined): { readonly state: S } | null;
  /** The same text for equal states, and for no others. */
  keyOf(state: S): string;
  /** Calls of different partitions never concern each other; each begins in the initial state. Default: one partition. */
  partitionOf?(input: I): string;
  /**
   * The same text only for inputs that do the same to every state. Default: equal primitives, and the same object, do
   * the same. Of unanswered calls that do the same the search asks only how many took effect, rather than which.
   */
  inputKeyOf?(input: I): string;
}
