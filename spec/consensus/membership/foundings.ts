import type { Founding } from '../../../lib/model/records.js';
import { defaults } from '../../../lib/model/settings.js';
import type { CoreGroup } from '../../support/core-group.js';
import { foundingOf } from '../../support/founding-of.js';
import { numberOf } from '../../support/ids.js';

/** Until all have heard of each other and the set has not changed for a while, with a tick for the signatures. */
export const FOUNDED_TICKS = 2 * defaults.helloTicks + 2;

/** The numbers of the first `count` processes. */
export function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i + 1);
}

/** The founding that the processes of these numbers sign. */
export function founding(group: CoreGroup, members: readonly number[], attempt = 0): Founding {
  return foundingOf(
    members.map((number) => group.process(number).id),
    attempt,
  );
}

/** The numbers of the members of the view that a process holds; null while it holds none. */
export function viewOf(group: CoreGroup, number: number): number[] | null {
  const record = group.process(number).disk.views.at(-1);
  return record?.view.members.map(numberOf) ?? null;
}
