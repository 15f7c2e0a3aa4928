import type { StateMachine } from '../machine/state-machine.js';
import type { SimulatedProcess } from './process.js';
import type { Random } from './random.js';
import type { World } from './world.js';

/** The things that a trouble needs to happen. */
export interface Occasion<S extends StateMachine> {
  readonly world: World<S>;
  readonly random: Random;
  /** A process for it to befall; often the one that coordinates, which is where it hurts. */
  readonly victim: SimulatedProcess<S>;
  readonly lastsUs: number;
  /** Whether one more member's disk may be damaged for good: a majority has to keep theirs. */
  mayLose(victim: SimulatedProcess<S>): boolean;
}

/** Puts right what has happened; null where time does that, or where nothing has happened. */
type Remedy = (() => void) | null;

/** Happens. Undefined where it could not. */
export type Trouble = <S extends StateMachine>(occasion: Occasion<S>) => Remedy | undefined;

export const NOTHING = null;

export function all(remedies: readonly (() => void)[]): () => void {
  return () => {
    for (const remedy of remedies) remedy();
  };
}
