import type { Consensus } from '../../consensus/consensus.js';
import type { Ledger } from '../../ledger/ledger.js';
import type { Checkpoint, Verdict } from '../../model/checkpoint.js';
import { isDamage } from '../../model/errors.js';
import { type Instance, laterOf } from '../../model/ids.js';
import type { DamageEvent, RecoveryEvent } from '../../queue/events.js';
import type { Base } from '../base.js';
import type { Delivery } from '../delivery.js';
import type { Driver } from '../driver.js';
import { readBase } from './checkpoint-contents.js';
import type { Repairer } from './repairer.js';

export interface InstallerOptions {
  readonly core: Consensus;
  readonly ledger: Ledger;
  readonly delivery: Delivery;
  readonly driver: Pick<Driver, 'install'>;
  /** Knows the damage of the log, for which a checkpoint may be needed. */
  readonly repairer: Pick<Repairer, 'beyond' | 'isForCheckpoint'>;
  /** The verdict in the ledger at the start. */
  readonly verdict: Verdict | null;
  /** This process continues from the end of the checkpoint. */
  readonly installed: (checkpoint: Checkpoint) => void;
  readonly notify: (event: RecoveryEvent | DamageEvent) => void;
  readonly fail: (error: unknown) => void;
}

/** Says which checkpoints of other processes this one can continue from, and has it continue from one that is durable here. */
export class Installer {
  readonly #options: InstallerOptions;
  /** The state that this process had was refuted, and nothing has taken its place yet. */
  #verdict: Verdict | null;
  /** The checkpoint that is here and about to be gone on from. */
  #installing: Checkpoint | null = null;

  constructor(options: InstallerOptions) {
    this.#options = options;
    this.#verdict = options.verdict;
  }

  get verdict(): Verdict | null {
    return this.#verdict;
  }

  /** Whether a checkpoint is here and about to be gone on from. */
  get isActive(): boolean {
    return this.#installing !== null;
  }

  /** Whether the checkpoint is worth fetching. */
  isWanted(checkpoint: Checkpoint): boolean {
    return this.#isOfUse(checkpoint) && checkpoint.next > (this.#installing?.next ?? -1);
  }

  /** Continues from the end of a checkpoint, of which the chunks are durable, if it is still of use. */
  install(checkpoint: Checkpoint): void {
    this.#installing = checkpoint;
    this.#begin(checkpoint).catch(this.#options.fail);
  }

  async #begin(checkpoint: Checkpoint): Promise<void> {
    const base = await this.#baseOf(checkpoint);
    if (base === null) {
      this.#installing = null;
      return;
    }
    this.#options.driver.install({
      base,
      isWanted: () => this.#isOfUse(checkpoint),
      done: (isInstalled) => {
        if (this.#installing === checkpoint) this.#installing = null;
        if (!isInstalled) return;
        this.#verdict = null;
        this.#options.notify({ kind: 'installed', checkpoint });
        this.#options.installed(checkpoint);
      },
    });
  }

  /** Null if the disk has damaged the checkpoint already: another process will offer another one. */
  async #baseOf(checkpoint: Checkpoint): Promise<Base | null> {
    try {
      return await readBase(this.#options.ledger, checkpoint);
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.#options.notify({ kind: 'damaged', what: 'received', error });
      return null;
    }
  }

  /** If data are damaged here, a checkpoint that replaces them is; otherwise one that ends beyond all known decisions. */
  #isOfUse({ next, digest }: Checkpoint): boolean {
    const verdict = this.#verdict;
    if (verdict !== null && (next < verdict.next || (next === verdict.next && digest !== verdict.upheld))) return false;
    return next > this.#passed && next >= this.#options.ledger.start;
  }

  get #passed(): Instance {
    const { core, delivery, repairer } = this.#options;
    const { beyond, isForCheckpoint } = repairer;
    if (beyond === null) return core.watermark;
    // A damaged entry may be behind what has been delivered, which never goes back.
    return isForCheckpoint ? beyond : laterOf(beyond, delivery.front.next);
  }
}
