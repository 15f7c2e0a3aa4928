import fc, { type Arbitrary } from 'fast-check';

import type { Item, MessageKind, MessageOf, ReportedVote } from '../../lib/consensus/messages.js';
import type { Ballot } from '../../lib/model/ballot.js';
import type { Batch, BatchId } from '../../lib/model/batch.js';
import type { GroupId, Instance, ProcessId } from '../../lib/model/ids.js';
import type { Founding } from '../../lib/model/records.js';
import { MAX_MEMBERS, View } from '../../lib/model/view.js';

/** How the fields of a message are made at random. */
export type Fields<M> = { readonly [F in keyof Omit<M, 'kind'>]: Arbitrary<M[F]> };

/** The values of which the messages between cores are made. */
export interface CoreValues {
  readonly numbers: Arbitrary<number>;
  readonly instances: Arbitrary<Instance>;
  readonly processes: Arbitrary<ProcessId>;
  readonly ballots: Arbitrary<Ballot>;
  readonly ids: Arbitrary<BatchId>;
  readonly batches: Arbitrary<Batch>;
  readonly foundings: Arbitrary<Founding>;
  readonly groups: Arbitrary<GroupId>;
  readonly hello: Fields<MessageOf<'hello'>>;
}

/** The fields of each message between cores, made of these values. */
export function coreFields(values: CoreValues): { readonly [K in MessageKind]: Fields<MessageOf<K>> } {
  const { numbers, instances, processes, ballots, ids, batches, foundings, groups, hello } = values;
  const items: Arbitrary<Item[]> = fc.array(fc.record({ instance: instances, id: ids }));
  const votes: Arbitrary<ReportedVote> = fc.record({ instance: instances, ballot: ballots, id: ids });
  const signers = fc.uniqueArray(processes, { minLength: 1, maxLength: MAX_MEMBERS });
  const watermarks = { watermark: instances, durable: instances };
  return {
    hello,
    found: { founding: foundings },
    signed: { founding: foundings },
    unwilling: { refused: groups },
    founded: { founding: foundings },
    group: {
      founding: foundings,
      latest: fc.tuple(numbers, signers).map(([number, members]) => new View(number, members)),
    },
    stuck: { founding: groups },
    withdrawn: { withdrawal: fc.record({ founding: foundings, by: signers }) },
    heartbeat: {
      ballot: ballots,
      ...watermarks,
      anyFrom: fc.option(instances),
      complete: numbers,
      timeMs: fc.option(numbers),
    },
    heard: { ballot: ballots, ...watermarks, clockMs: fc.option(numbers) },
    canvass: { ballot: ballots },
    concur: { ballot: ballots },
    prepare: { ballot: ballots, from: instances },
    promise: {
      ballot: ballots,
      watermark: instances,
      from: instances,
      until: fc.option(instances),
      votes: fc.array(votes),
    },
    refusal: { promised: ballots },
    inquire: { ballot: ballots, instance: instances },
    report: { ballot: ballots, instance: instances, vote: fc.option(votes) },
    batch: { batch: batches },
    pending: { id: ids },
    any: { ballot: ballots, from: instances },
    propose: { ballot: ballots, instance: instances, batch: batches },
    accept: { ballot: ballots, items },
    accepted: { ballot: ballots, watermark: instances, items },
    fetch: { id: ids, instance: instances },
    'catch-up': { from: instances, to: instances },
    decided: { from: instances, batches: fc.array(batches), watermark: instances },
    ask: { incarnation: numbers, round: numbers },
    answer: { incarnation: numbers, round: numbers, until: instances },
    fill: { until: instances },
  };
}
