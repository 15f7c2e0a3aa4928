import { acceptors } from './mutants/acceptors.js';
import { coordinators } from './mutants/coordinators.js';
import { delivery } from './mutants/delivery.js';
import { durability } from './mutants/durability.js';
import { founding } from './mutants/founding.js';
import { keys } from './mutants/keys.js';
import type { Mutant } from './mutants/mutant.js';
import { progress } from './mutants/progress.js';
import { quorums } from './mutants/quorums.js';
import { reads } from './mutants/reads.js';
import { recovery } from './mutants/recovery.js';
import { replacements } from './mutants/replacements.js';
import { starts } from './mutants/starts.js';
import { time } from './mutants/time.js';
import { trust } from './mutants/trust.js';
import { views } from './mutants/views.js';

export type { Mutant };

/** All of them, layer by layer. */
export const mutants: readonly Mutant[] = [
  ...durability,
  ...quorums,
  ...views,
  ...replacements,
  ...acceptors,
  ...coordinators,
  ...delivery,
  ...reads,
  ...founding,
  ...progress,
  ...recovery,
  ...time,
  ...starts,
  ...trust,
  ...keys,
];
