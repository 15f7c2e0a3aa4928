import { assert } from '../../model/assert.js';
import type { Batch } from '../../model/batch.js';
import type { Instance } from '../../model/ids.js';
import type { ViewRecord } from '../../model/view.js';
import { unpackChange, viewAfter } from '../../sequence/view-change.js';
import type { Shared } from '../shared.js';

/**
 * A change of the view is decided at `instance`. If it applies, the view is recorded in the commit that makes the entry and the
 * watermark durable, so that a ledger has exactly the views that are decided below its watermark. Returns whether it applies.
 */
export function applyChange(shared: Shared, instance: Instance, { body }: Batch): boolean {
  const { views } = shared;
  const latest = { view: views.latest, from: views.latestFrom };
  const change = unpackChange(body);
  const made = change === null ? null : viewAfter(change, instance, latest, views.borderInstances);
  if (made === null) shared.outbox.notice({ kind: 'view-void', instance, view: latest.view });
  else addView(shared, made);
  return made !== null;
}

/** A checkpoint from which this process goes on brings the views that are decided below its end. Returns whether any is new. */
export function adoptViews(shared: Shared, records: readonly ViewRecord[]): boolean {
  const { number } = shared.views.latest;
  const added = records.filter(({ view }) => view.number > number);
  for (const record of added) addView(shared, record);
  return added.length > 0;
}

function addView({ self, views, right, outbox, clock }: Shared, record: ViewRecord): void {
  const { group, borderInstances } = views;
  assert(group !== null, 'views are changed where there is a group', { record });
  // As a new member it has to be met by the others, which had no reason to remember its start.
  if (record.view.has(self) && !views.latest.has(self)) right.isAdmitted = false;
  views.add(record);
  if (record.view.has(self)) clock.count();
  outbox.persist({ kind: 'view', group, borderInstances, record });
  outbox.notice({ kind: 'view', record });
}
