import { CatchUp } from '../../lib/consensus/catch-up.js';
import { Fetcher } from '../../lib/consensus/fetcher.js';
import type { InstanceLog } from '../../lib/consensus/instance-log.js';
import { Learner } from '../../lib/consensus/learner.js';
import type { Outbox } from '../../lib/consensus/outbox.js';
import type { Shared } from '../../lib/consensus/shared.js';
import { type BatchId, NO_OP } from '../../lib/model/batch.js';
import type { Instance, ProcessId } from '../../lib/model/ids.js';
import { defaults } from '../../lib/model/settings.js';
import { View, type ViewRecord } from '../../lib/model/view.js';
import { sharedOf } from './core-shared.js';

const { windowInstances, catchUpQuestions } = defaults;
/** Instances in one question. */
export const PART = windowInstances / catchUpQuestions;
/** Instances by which a process is far behind. */
export const FAR = 100 * windowInstances;
/** As long as anybody is given to answer all questions, in ticks. */
export const PATIENCE =
  defaults.retryTicks + Math.floor((catchUpQuestions * defaults.catchUpBytes) / defaults.bytesATick);

/** A question that is on its way to a source. */
export interface Asked {
  readonly source: ProcessId;
  readonly from: number;
  readonly to: number;
}

/** Those parts of a core that catch up, without any others: a spec plays the sources. */
export class Laggard {
  readonly log: InstanceLog;
  readonly catchUp: CatchUp;
  readonly fetcher: Fetcher;
  readonly #outbox: Outbox;
  readonly #learner: Learner;

  /** Its sources are members of its group. */
  constructor(...sources: readonly ProcessId[]) {
    const self = '0000000000000000' as ProcessId;
    const shared = this.sharedOf(self, { view: new View(1, [self, ...sources]), from: 0 as Instance });
    this.#outbox = shared.outbox;
    this.log = shared.log;
    this.fetcher = new Fetcher(shared);
    this.catchUp = new CatchUp(shared, (id) => this.fetcher.isComing(id));
    this.#learner = new Learner(shared, this.fetcher, () => {});
  }

  protected sharedOf(self: ProcessId, view: ViewRecord): Shared {
    return sharedOf(self, view);
  }

  /** The questions that it has asked since the last call. */
  asked(): Asked[] {
    const { messages } = this.#outbox.take(this.log.first, false);
    return messages.flatMap(({ to, message }) =>
      message.kind === 'catch-up' ? [{ source: to as ProcessId, from: message.from, to: message.to }] : [],
    );
  }

  /** The batches that it has asked for since the last call, and of whom. */
  fetched(): { readonly source: ProcessId; readonly id: BatchId }[] {
    const { messages } = this.#outbox.take(this.log.first, false);
    return messages.flatMap(({ to, message }) =>
      message.kind === 'fetch' ? [{ source: to as ProcessId, id: message.id }] : [],
    );
  }

  hears(watermark: number, ...sources: readonly ProcessId[]): void {
    for (const source of sources) this.catchUp.heard(source, watermark as Instance);
  }

  /** It is told what was decided at `instances` instances, all that it has asked for unless said otherwise. */
  isAnswered({ source, from, to }: Asked, instances = to - from): void {
    const batches = Array.from({ length: instances }, () => NO_OP);
    this.#learner.onDecided({ kind: 'decided', from: from as Instance, batches, watermark: to as Instance });
    this.catchUp.answered(source, from as Instance);
  }

  /** Answers questions in the order in which they were asked, `count` of them; returns all that were asked meanwhile. */
  answering(open: readonly Asked[], count: number): Asked[] {
    const queue = [...open];
    const asked: Asked[] = [];
    for (let i = 0; i < count; i += 1) {
      this.isAnswered(queue.shift()!);
      const next = this.asked();
      queue.push(...next);
      asked.push(...next);
    }
    return asked;
  }

  ticks(ticks: number): void {
    for (let i = 0; i < ticks; i += 1) this.catchUp.tick();
  }

  /** What it asks next when its clock goes on, and how many ticks later. */
  waits(): { readonly ticks: number; readonly asked: Asked[] } {
    for (let ticks = 1; ticks < 1_000; ticks += 1) {
      this.ticks(1);
      const asked = this.asked();
      if (asked.length > 0) return { ticks, asked };
    }
    throw new Error('it asks nothing any more');
  }
}

export function ranges(asked: readonly Asked[]): [number, number][] {
  return asked.map(({ from, to: end }) => [from, end]);
}

export function sourcesOf(asked: readonly Asked[]): Set<ProcessId> {
  return new Set(asked.map(({ source }) => source));
}

/** Told of a link so slow that one answer may take minutes. */
export class SlowLaggard extends Laggard {
  protected override sharedOf(self: ProcessId, view: ViewRecord): Shared {
    return { ...super.sharedOf(self, view), settings: { ...defaults, bytesATick: 100 } };
  }
}
