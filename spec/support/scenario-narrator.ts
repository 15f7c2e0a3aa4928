import { EVERYONE, type MessageKind } from '../../lib/consensus/messages.js';
import type { BatchId } from '../../lib/model/batch.js';
import type { ProcessId } from '../../lib/model/ids.js';
import {
  describeBallot,
  describeBatchId,
  describeEntry,
  describeMessage,
  describeRecord,
} from '../../lib/paxos/wire/describe.js';
import type { CoreGroup } from './core-group.js';
import type { GroupEvent } from './core-turns.js';
import { describeNotice } from './describe-notice.js';
import { numberOf } from './ids.js';
import type { ScenarioFaults } from './scenario-faults.js';
import { nameOf, type Transcript } from './scenario-transcript.js';

/** Puts into words what happens in a group, for the transcript. */
export class Narrator {
  readonly #group: CoreGroup;
  readonly #faults: ScenarioFaults;
  readonly #transcript: Transcript;
  readonly #hidden = new Set<MessageKind>(['heartbeat', 'heard']);
  /** What each batch carries, by the name that it has in descriptions. */
  readonly #texts = new Map<string, string>();

  constructor(group: CoreGroup, faults: ScenarioFaults, transcript: Transcript) {
    this.#group = group;
    this.#faults = faults;
    this.#transcript = transcript;
    group.observe = (process, event) => {
      this.#observe(process, event);
    };
  }

  show(kind: MessageKind): void {
    this.#hidden.delete(kind);
  }

  /** From now on the batch is shown as the text that it carries. */
  call(id: BatchId, text: string): void {
    this.#texts.set(describeBatchId(id, idName), text);
  }

  /** The line with the names of batches as they are shown. */
  named(line: string): string {
    return line.replace(/\bp\d+\/\d+\/\d+/g, (name) => this.#texts.get(name) ?? name);
  }

  tellCoordinator(): void {
    const { coordinator } = this.#group;
    const reign = coordinator === null ? null : this.#group.process(coordinator).core?.reign;
    if (coordinator !== null && reign) this.#add(coordinator, `coordinates in ${describeBallot(reign, idName)}`);
  }

  tellStart(process: number): void {
    this.#add(process, `starts, incarnation ${this.#group.process(process).disk.incarnation}`);
  }

  tellDisk(process: number): void {
    const { disk } = this.#group.process(process);
    this.#add(process, `promise ${describeBallot(disk.promise, idName)}, watermark ${disk.watermark}`);
    if (disk.start > 0) this.#add(process, `checkpoint at ${disk.start}`);
    for (const entry of [...disk.log.values()].sort((a, b) => a.instance - b.instance)) {
      const decided = entry.instance < disk.watermark ? ', decided' : '';
      this.#add(process, `${describeEntry(entry, idName)}${decided}`);
    }
  }

  tellDecided(process: number): void {
    const { decided } = this.#group.process(process);
    const items = [...decided].map(([instance, id]) => `${instance}=${describeBatchId(id, idName)}`);
    const delivered = this.#group.delivered(process).join(' ');
    this.#add(process, items.length === 0 ? 'knows of nothing' : `${items.join(', ')}; delivered ${delivered}`);
  }

  #observe(process: number, event: GroupEvent): void {
    switch (event.kind) {
      case 'notices':
        return this.#add(process, describeNotice(event.notice, idName));
      case 'sends':
        return this.#tellSending(process, event);
      case 'persists':
        return this.#add(process, `writes ${event.records.map((record) => describeRecord(record, idName)).join('; ')}`);
      case 'offers':
        return this.#add(process, `offers a checkpoint at ${event.next}`, ` > ${nameOf(event.to)}`);
      case 'installs':
        return this.#add(process, `goes on from ${event.next}`);
      case 'decides': {
        const { instance, batch } = event.decision;
        return this.#add(process, `decides ${instance}=${describeBatchId(batch.id, idName)}`);
      }
      case 'reads':
        return this.#add(process, `reads ${this.#group.delivered(process).join(' ') || 'nothing'}`);
      case 'crashes':
        return this.#add(process, 'crashes');
    }
  }

  #tellSending(process: number, { outgoing, lostTo }: Extract<GroupEvent, { kind: 'sends' }>): void {
    const { to, message } = outgoing;
    if (this.#hidden.has(message.kind)) return;
    const living = this.#group.live
      .filter((p) => p.number !== process && (to === EVERYONE || p.id === to))
      .map((p) => p.number);
    const held = lostTo.filter((receiver) => this.#faults.holds({ from: process, to: receiver, message }));
    const lost = living.filter((receiver) => lostTo.includes(receiver) && !held.includes(receiver));
    const heard = living.filter((receiver) => !lostTo.includes(receiver));
    const text = `${describeMessage(message, idName)}${fateOf(lost, held, heard)}`;
    this.#add(process, text, ` > ${to === EVERYONE ? 'all' : idName(to)}`);
  }

  #add(process: number, text: string, to = ''): void {
    this.#transcript.add(process, text, to);
  }
}

/** Who does not hear of a message, or who does where these are fewer. */
function fateOf(lost: readonly number[], held: readonly number[], heard: readonly number[]): string {
  if (held.length > 0) return `${note('lost', lost)}${note('held', held)}`;
  if (lost.length <= heard.length) return note('lost', lost);
  return heard.length === 0 ? ' (lost)' : note('heard by', heard);
}

function note(what: string, processes: readonly number[]): string {
  return processes.length === 0 ? '' : ` (${what} ${processes.map(nameOf).join(' ')})`;
}

/** Processes are numbered in the order of their ids. */
function idName(process: ProcessId): string {
  return nameOf(numberOf(process));
}
