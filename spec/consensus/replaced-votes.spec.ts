import { expect, it } from '@jest/globals';

import type { Message } from '../../lib/consensus/messages.js';
import { ballotOf, classicStepOf, compareBallots } from '../../lib/model/ballot.js';
import { CoreGroup } from '../support/core-group.js';

/**
 * Process 3 of a fast reign votes for a proposal and, before that is written, in step 1 for another batch at the same
 * instance. Both votes leave after one commit, in which the disk has the second alone.
 */
it('of two votes at one instance in one commit the disk has the later, both are told, and a restart finds what it would find after two', () => {
  const group = new CoreGroup(3, { mode: 'fast' }).found();
  const { core, disk } = group.process(3);
  const ballot = group.process(group.coordinator ?? 0).core?.reign;
  if (core === null || ballot === undefined || ballot === null) throw new Error('nobody coordinates');
  const instance = core.watermark;
  const proposed = group.process(1).newBatch('proposed');
  const picked = group.process(2).newBatch('picked');
  const hears = (number: number, message: Message): void => {
    core.step({ kind: 'message', from: group.process(number).id, message });
  };
  hears(1, { kind: 'propose', ballot, instance, batch: proposed });
  hears(2, { kind: 'batch', batch: picked });
  hears(group.coordinator ?? 0, {
    kind: 'accept',
    ballot: classicStepOf(ballot),
    items: [{ instance, id: picked.id }],
  });
  const { records, votes } = core.effects();
  disk.apply(records);

  const told = votes.flatMap(({ message }) =>
    message.kind === 'accepted' ? message.items.map(({ id }) => ({ ballot: message.ballot, id })) : [],
  );
  expect(told.map(({ id }) => id)).toEqual([proposed.id, picked.id]);
  const onDisk = disk.log.get(instance)?.vote;
  expect(onDisk?.batch.id).toBe(picked.id);
  for (const vote of told) expect(compareBallots(onDisk?.ballot ?? ballot, vote.ballot)).toBeGreaterThanOrEqual(0);

  group.crash(3);
  group.restart(3);
  const again = group.process(3).core!;
  const next = ballotOf(ballot.reign + 1, group.process(1).id, 'classic');
  again.step({
    kind: 'message',
    from: group.process(1).id,
    message: { kind: 'prepare', ballot: next, from: instance },
  });
  const promised = again.effects().votes.flatMap(({ message }) => (message.kind === 'promise' ? message.votes : []));
  expect(promised).toEqual([{ instance, ballot: classicStepOf(ballot), id: picked.id }]);
});
