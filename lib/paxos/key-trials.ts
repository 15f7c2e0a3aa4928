import type { ProcessId } from '../model/ids.js';
import type { KeyRing } from '../transport/frame/key-ring.js';
import type { Transport } from '../transport/transport.js';

export interface KeyTrialsOptions {
  readonly ring: KeyRing;
  readonly members: () => readonly ProcessId[];
  /** All other processes of the group that are known. */
  readonly others: () => readonly ProcessId[];
  readonly transport: Pick<Transport, 'ticksSinceHeard' | 'statistics'>;
}

/** A process that hears no other for so long tries its other keys, each for so long. */
const SILENT_TICKS = 100;
/** Looking at who is known and heard costs something: an idle group does so ten times a second. */
const LOOK_TICKS = 10;

/**
 * The group may have changed its keys without this process: what this one sends is heard by nobody then, and so it may meet nobody
 * who would tell it which key to send with. A process without a group knows nobody yet, and is in need of hearing all the more:
 * it hears whoever's frames it takes.
 */
export class KeyTrials {
  readonly #options: KeyTrialsOptions;
  #ticks = 0;
  #silentTicks = 0;
  /** Frames that have been taken. */
  #taken = 0;

  constructor(options: KeyTrialsOptions) {
    this.#options = options;
  }

  tick(): void {
    this.#ticks += 1;
    if (this.#ticks % LOOK_TICKS !== 0) return;
    this.#silentTicks = this.#isHearing() ? 0 : this.#silentTicks + LOOK_TICKS;
    if (this.#silentTicks === 0 || this.#silentTicks % SILENT_TICKS !== 0) return;
    const { ring } = this.#options;
    const { ids, sendingId } = ring;
    ring.use(ids[(ids.indexOf(sendingId) + 1) % ids.length] ?? sendingId);
  }

  #isHearing(): boolean {
    const { others: known, members, transport } = this.#options;
    const { datagramsReceived, bulkMessagesReceived } = transport.statistics;
    const taken = datagramsReceived + bulkMessagesReceived;
    const hasTaken = taken !== this.#taken;
    this.#taken = taken;
    const others = known();
    if (others.length > 0) return others.some((process) => transport.ticksSinceHeard(process) <= SILENT_TICKS);
    // The sole member of a group has nobody to hear.
    return hasTaken || members().length > 0;
  }
}
