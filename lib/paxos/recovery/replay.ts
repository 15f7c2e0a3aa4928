import { type LedgerReader, openLmdbLedgerForReading } from '../../ledger/inspection.js';
import { checkpointsIn } from '../../ledger/open.js';
import { assert } from '../../model/assert.js';
import type { Checkpoint } from '../../model/checkpoint.js';
import { constants } from '../../model/constants.js';
import { TreplicaError } from '../../model/errors.js';
import type { Instance } from '../../model/ids.js';
import type { SaveElsewhere } from '../../queue/state-holder.js';
import { decodeHead, encodeHead } from '../../sequence/checkpoint-head.js';
import { BEGINNING_STATE, Cursor, type CursorState } from '../../sequence/cursor.js';
import { realScheduler } from '../scheduler.js';
import { type NextTurn, restoreState, saveState } from './chunks.js';
import { type ReplayTask, replayTaskIn } from './replay-task.js';

interface Replay extends ReplayTask {
  readonly ledger: LedgerReader;
  readonly holder: Parameters<SaveElsewhere>[1];
  /** Called with the current step at each progress. */
  readonly progressed: (step: string) => void;
}

/**
 * Makes the next checkpoint of a queue beside the process that runs it, of a task that `savingTaskOf` has made: restores the latest one, delivers what follows it in
 * the log, and stores the state that this ends in. `progressed` is called with what is being done whenever that has got further.
 * @throws TreplicaError as the ledger does, and what the holder throws.
 */
export const save: SaveElsewhere = async (content, holder, progressed) => {
  const task = replayTaskIn(content);
  const ledger = openLmdbLedgerForReading(task.directory, task.queueId);
  try {
    return await saveFromLog({ ...task, ledger, holder, progressed });
  } finally {
    await ledger.close();
  }
};

async function saveFromLog(replay: Replay): Promise<Checkpoint> {
  const cursor = new Cursor(await restoreLatest(replay), replay.stretch);
  await deliverUntil(replay, cursor);
  const { group, views, keys, holder } = replay;
  const { state } = cursor;
  const writer = checkpointsIn(replay.directory, replay.queueId).create({
    next: state.next,
    position: state.position,
  });
  try {
    await writer.append(encodeHead({ group, views, keys, cursor: state }));
    await saveState(holder.keeper.save(), writer, turnOf(replay, 'writes the checkpoint'));
    return await writer.finish();
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

async function restoreLatest(replay: Replay): Promise<CursorState> {
  const { ledger, latest, holder } = replay;
  if (latest === null) return BEGINNING_STATE;
  const reader = await ledger.checkpoints.open(latest);
  try {
    const { cursor } = decodeHead(await reader.chunk(0));
    const sink = await restoreState(reader, latest, holder.keeper, turnOf(replay, 'restores the latest one'));
    sink.finish();
    return cursor;
  } finally {
    await reader.close();
  }
}

async function deliverUntil(replay: Replay, cursor: Cursor): Promise<void> {
  const { ledger, until, holder } = replay;
  const nextTurn = turnOf(replay, 'executes the log');
  ledger.load(); // The part that is read reaches to the watermark of now, which is not below `until`.
  while (cursor.next < until) {
    const { next } = cursor;
    for (const { instance, vote } of ledger.read(next, until, constants.logReadBytes) ?? []) {
      assert(vote !== null, 'the log holds a batch at every decided instance', { instance });
      for (const passage of cursor.pass(instance, vote.batch)) holder.deliver({ ...passage, tickets: null });
    }
    if (cursor.next === next) throw cutOff(next);
    await nextTurn();
  }
}

function turnOf({ progressed }: Replay, step: string): NextTurn {
  return () => {
    progressed(step);
    return realScheduler.turn();
  };
}

function cutOff(next: Instance): TreplicaError {
  return new TreplicaError(
    'LEDGER_DAMAGED',
    `The log cannot be replayed: instance ${String(next)} is not in it any more.`,
  );
}
