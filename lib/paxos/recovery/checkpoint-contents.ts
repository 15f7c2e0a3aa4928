import type { Ledger } from '../../ledger/ledger.js';
import type { Checkpoint } from '../../model/checkpoint.js';
import { TreplicaError } from '../../model/errors.js';
import type { StateKeeper, StateSink } from '../../queue/state-holder.js';
import { decodeHead } from '../../sequence/checkpoint-head.js';
import type { Mark } from '../../sequence/cursor.js';
import type { Base } from '../base.js';
import type { Scheduler } from '../scheduler.js';
import { restoreState } from './chunks.js';

/**
 * The data of a checkpoint that a process needs to continue from its end.
 * @throws TreplicaError LEDGER_DAMAGED, LEDGER_VERSION or MALFORMED_BYTES
 */
export async function readBase({ checkpoints }: Pick<Ledger, 'checkpoints'>, checkpoint: Checkpoint): Promise<Base> {
  const reader = await checkpoints.open(checkpoint);
  try {
    const { group, cursor, views, keys } = decodeHead(await reader.chunk(0));
    const { next, position } = checkpoint;
    if (cursor.next !== next || cursor.position !== position) throw otherPlace(checkpoint, cursor);
    return { checkpoint, cursor, group, views, keys };
  } finally {
    await reader.close();
  }
}

/** Gives a checkpoint's state to a keeper; the sink is still to be finished. */
export async function restore(
  { checkpoints }: Pick<Ledger, 'checkpoints'>,
  checkpoint: Checkpoint,
  keeper: StateKeeper,
  scheduler: Scheduler,
): Promise<StateSink> {
  const reader = await checkpoints.open(checkpoint);
  try {
    return await restoreState(reader, checkpoint, keeper, () => scheduler.turn());
  } finally {
    await reader.close();
  }
}

function otherPlace({ next, position }: Checkpoint, cursor: Mark): TreplicaError {
  return new TreplicaError(
    'MALFORMED_BYTES',
    `The checkpoint at instance ${String(next)}, position ${String(position)}, holds the state at instance ${String(cursor.next)}, position ${String(cursor.position)}: the process that made it cannot be trusted.`,
  );
}
