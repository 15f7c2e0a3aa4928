import type { CheckpointEvent, DamageEvent, RecoveryEvent } from '../events.js';
import { error, info, type Line, type Place, warn } from './line.js';

/** The line of an event that tells of the checkpoints of this process. */
export function checkpointLine(event: CheckpointEvent, place: Place): Line {
  switch (event.kind) {
    case 'checkpoint-made': {
      const { next, position, bytes } = event.checkpoint;
      return info({ next, position, bytes }, 'a checkpoint has been made');
    }
    case 'checkpoint-failed':
      return error({ ...place, err: event.error }, 'no checkpoint could be made: the log is kept');
    case 'checkpoint-overdue':
      return warn(
        { ...place, err: event.error, messages: event.messages },
        `no checkpoint can be made, and the log grows: ${reasonOf(event.error)} The next one is tried when as much again has been executed, or at queue.checkpoint().`,
      );
    case 'checkpoint-quiet':
      return warn(
        { ...place, step: event.step, seconds: event.seconds },
        `a checkpoint is being made and has got no further for ${event.seconds} s (it ${event.step}): an operation or the module may hang, or the disk. A process that does so for ${event.endsAfterSeconds} s is ended; the log is kept.`,
      );
    case 'checkpoint-source-damaged':
      return error(
        { ...place, err: event.error },
        'what the checkpoint would be made of is damaged: it is made of the state here',
      );
    case 'states-differ':
      return error(event.facts, 'the states of processes differ: an operation is not deterministic');
  }
}

/** How this process comes level. */
export function recoveryLine(event: RecoveryEvent): Line {
  switch (event.kind) {
    case 'behind':
      return info({ instances: event.instances }, 'this process is behind the others');
    case 'level':
      return info({}, 'this process is level with the others again');
    case 'fetching': {
      const { received, sources } = event;
      const { next, position, bytes } = event.checkpoint;
      return info({ next, position, bytes, received, sources }, 'a checkpoint is being fetched');
    }
    case 'fetch-abandoned':
      return info({ stored: event.stored, chunks: event.checkpoint.chunks }, 'nobody sends the checkpoint any more');
    case 'installed': {
      const { next, position } = event.checkpoint;
      return info({ next, position }, 'this process goes on from a checkpoint');
    }
  }
}

/** The line of an event that tells of data which cannot be read or relied on. */
export function damageLine(event: DamageEvent, place: Place): Line {
  if (event.kind === 'repaired') return info({}, 'what was damaged in the log has been learnt again');
  if (event.kind === 'set-aside') {
    const why = event.cause === 'damaged' ? 'the ledger is damaged' : 'the ledger has lost votes';
    const facts = { err: event.error, queue: place.queue, kept: event.kept };
    return error(facts, `${why}: this process rejoins under a new id`);
  }
  const facts = { err: event.error };
  switch (event.what) {
    case 'log':
      return error(facts, 'a part of the log is damaged: it is learnt again from others');
    case 'base':
      return error(facts, 'the local checkpoint cannot be used');
    case 'checkpoint':
      return error(facts, 'the local checkpoint is damaged: another one is made');
    case 'received':
      return error(facts, 'the checkpoint that was fetched is damaged');
    case 'offered':
      return info(facts, 'the checkpoint that was fetched is not what was offered');
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
