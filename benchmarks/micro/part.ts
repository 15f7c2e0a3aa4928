/** One part of the system, to be measured by itself. */
export interface Part {
  readonly name: string;
  /** Of what the operation is about. */
  readonly bytes: number;
  /** How many operations a batch has: as many as make the clock's own cost not matter. */
  readonly operations: number;
  /** Whether `batch` returns a promise, which is waited for. */
  readonly isAsync: boolean;
  /** Null where nothing could be made durable. */
  readonly durable: true | null;
  readonly batch: () => unknown;
  /** Gives back what the part holds. */
  readonly close: () => Promise<void>;
}

/** A part that holds nothing, waits for nothing and does `operation` some hundred times in a batch. */
export function part(name: string, bytes: number, operation: () => void): Part {
  const operations = 200;
  return {
    name,
    bytes,
    operations,
    isAsync: false,
    durable: null,
    batch: () => {
      for (let i = 0; i < operations; i += 1) operation();
    },
    close: () => Promise.resolve(),
  };
}
