/**
 * Receives messages: decodes each, checks the group and the start that it comes from, and gives it to the part of the engine
 * that it is for. All of it is done in the turn in which it arrives, and nothing is kept.
 */
import type { Consensus } from '../consensus/consensus.js';
import { type GroupId, NO_GROUP, type ProcessId } from '../model/ids.js';
import type { Settings } from '../model/settings.js';
import type { Start } from '../model/start.js';
import type { QueueEventOf } from '../queue/events.js';
import type { FactsExchange } from './facts-exchange.js';
import { Malformed } from './malformed.js';
import type { Observers } from './observers.js';
import type { RepairReceiver } from './repair-receiver.js';
import type { Starts } from './starts.js';
import type { KeysMessage } from './wire/key-messages.js';
import { isOf, type WireMessage } from './wire/routes.js';
import { decodeMessage } from './wire/wire.js';

/** The parts beside consensus that receive messages. */
export interface BelowCore {
  /** Receives messages of others about checkpoints, and their answers to questions about the log. */
  readonly repair: RepairReceiver;
  /** Null where the process has no keys. */
  readonly keys: {
    receive(from: ProcessId, start: Start, message: KeysMessage): void;
    /** What a process says to one that belongs to no group. */
    overhear(message: KeysMessage): void;
  } | null;
}

export interface ReceptionOptions {
  readonly settings: Settings;
  readonly core: Pick<Consensus, 'group' | 'step'>;
  readonly peers: {
    readonly starts: Pick<Starts, 'hears' | 'receive'>;
    readonly facts: Pick<FactsExchange, 'met' | 'receive'>;
    readonly observers: Pick<Observers, 'receive'>;
  };
  readonly self: ProcessId;
  /** A message of this process's group, or of one that belongs to none. */
  readonly heard: (from: ProcessId, message: WireMessage) => void;
  /** Told of what counts for nothing: another group that uses the same address, once for each, and malformed messages. */
  readonly notify: (event: QueueEventOf<'foreign-group' | 'malformed'>) => void;
}

/** As many other groups are worth an event. */
const FOREIGN_GROUPS_MAX = 16;

export class Reception {
  readonly #options: ReceptionOptions;
  readonly #malformed: Malformed;
  readonly #foreignGroups = new Set<GroupId>();

  constructor(options: ReceptionOptions) {
    this.#options = options;
    this.#malformed = new Malformed(options.settings, options.notify);
  }

  /** Messages that were intact as frames and yet none that this version sends. */
  get malformed(): number {
    return this.#malformed.count;
  }

  /** The message in a frame of `from` and `group`; null where it is none, or not for this process. */
  read(from: ProcessId, group: GroupId, bytes: Buffer): WireMessage | null {
    const message = decodeMessage(bytes);
    if (message === null) this.#malformed.heardFrom(from);
    else if (this.#concernsUs(group, message)) return message;
    return null;
  }

  tick(): void {
    this.#malformed.tick();
  }

  /** `from` says it in `start`. */
  route(from: ProcessId, start: Start, message: WireMessage, { repair, keys }: BelowCore): void {
    const { core, peers, self, heard } = this.#options;
    const { starts, facts, observers } = peers;
    if (isOf('starts', message)) {
      starts.receive(from, start, message);
      facts.met(from, start);
      return;
    }
    // What a member says of its keys before its start is met may be why it cannot be: it is not heard by those that send with others.
    if (isOf('keys', message)) {
      if (core.group === null) {
        keys?.overhear(message);
        return;
      }
      keys?.receive(from, start, message);
      if (starts.hears(from, start)) heard(from, message);
      return;
    }
    if (!starts.hears(from, start) && !(isOf('founding', message) && from !== self)) return;
    heard(from, message);
    if (isOf('repair', message)) return repair.receive(from, message);
    if (isOf('facts', message)) return facts.receive(from, start, message);
    if (isOf('observers', message)) return observers.receive(from, message);
    if (message.kind === 'decided') repair.receive(from, message);
    core.step({ kind: 'message', from, message });
  }

  /**
   * Whether a frame of `group` may say `message` to us. A message that serves to found groups concerns everyone, and a
   * process that belongs to no group hears nothing else, except who has which keys. The core's word on its group counts: it may
   * have been founded in this very turn.
   */
  #concernsUs(group: GroupId, message: WireMessage): boolean {
    const own = this.#options.core.group;
    if (own !== null && group === own) return true;
    if (own !== null && group !== NO_GROUP) this.#noteForeign(group);
    return isOf('founding', message) || (own === null && isOf('keys', message));
  }

  #noteForeign(group: GroupId): void {
    if (this.#foreignGroups.has(group) || this.#foreignGroups.size >= FOREIGN_GROUPS_MAX) return;
    this.#foreignGroups.add(group);
    this.#options.notify({ kind: 'foreign-group', group });
  }
}
