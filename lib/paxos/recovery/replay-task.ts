import type { Checkpoint } from '../../model/checkpoint.js';
import type { GroupId, Instance, ProcessId } from '../../model/ids.js';
import type { KeyRecord } from '../../model/keys.js';
import { View, type ViewRecord } from '../../model/view.js';
import type { SavingTask } from '../../queue/state-holder.js';

/** The data needed to make a checkpoint of a queue beside the process that runs it. */
export interface ReplayTask {
  /** Of the ledger. */
  readonly directory: string;
  readonly queueId: string;
  readonly group: GroupId;
  readonly views: readonly ViewRecord[];
  readonly keys: readonly KeyRecord[];
  /** The checkpoint to begin with; null to begin with the log. */
  readonly latest: Checkpoint | null;
  /** The checkpoint is to hold everything below this instance, and all of that is in the log or in the latest checkpoint. */
  readonly until: Instance;
  /** After how many messages or bytes stretches of the sequence end. */
  readonly stretch: { readonly positions: number; readonly bytes: number };
}

/** A task as it travels to the other process: views are classes here and data there. */
type SentTask = Omit<ReplayTask, 'views'> & {
  readonly views: readonly { readonly number: number; readonly from: number; readonly members: readonly string[] }[];
};

/** Named in two steps, so that no bundler takes it for a file of its own to be copied without what it imports. */
const REPLAY = './replay.js';

export function savingTaskOf({ views, ...task }: ReplayTask): SavingTask {
  const sent = views.map(({ view, from }) => ({ number: view.number, from, members: view.members }));
  const here = import.meta.url;
  return { engine: new URL(REPLAY, here).href, content: { ...task, views: sent } satisfies SentTask };
}

export function replayTaskIn(content: unknown): ReplayTask {
  const { views, ...task } = content as SentTask;
  const records = views.map(({ number, from, members }) => ({
    view: new View(number, members as ProcessId[]),
    from: from as Instance,
  }));
  return { ...task, views: records };
}
