/** How a process continues from a checkpoint of another process, or from one that replaces damaged data here. */
import type { Consensus } from '../consensus/consensus.js';
import type { LedgerRecord } from '../model/records.js';
import type { Base } from './base.js';
import type { Delivery } from './delivery.js';

/** A checkpoint to go on from, of which the chunks are durable. */
export interface AwaitedInstallation {
  readonly base: Base;
  /** Asked when it is about to be recorded: by then it may be of no use any more. */
  readonly isWanted: () => boolean;
  /** Called once with whether this process continues from there; not called if the driver stops before. */
  readonly done: (isInstalled: boolean) => void;
}

export interface InstallationsOptions {
  readonly core: Consensus;
  readonly delivery: Delivery;
  /** Whether the ledger says that the state here has been refuted, until another process's takes its place. */
  readonly isRefuted: boolean;
  /** Makes records durable, as `Driver` does. */
  readonly driver: { write(records: () => readonly LedgerRecord[], done: (error: Error | null) => void): void };
}

export class Installations {
  readonly #options: InstallationsOptions;
  #awaited: AwaitedInstallation | null = null;
  #onInstalled: (() => void) | null = null;
  #isRefuted: boolean;

  constructor(options: InstallationsOptions) {
    this.#options = options;
    this.#isRefuted = options.isRefuted;
  }

  /** Whether an installation waits for the commit under way; nothing is proposed meanwhile. */
  get isAwaited(): boolean {
    return this.#awaited !== null;
  }

  /** A later one takes the place of one that waits. */
  await(installation: AwaitedInstallation): void {
    this.#awaited?.done(false);
    this.#awaited = installation;
  }

  /**
   * To be called where the core has no effects. Beyond the watermark the core has to know of it; otherwise it only takes the
   * place of what is damaged here.
   */
  begin(): void {
    const awaited = this.#awaited;
    if (awaited === null) return;
    this.#awaited = null;
    const { core, delivery } = this.#options;
    const { base, isWanted, done } = awaited;
    const { checkpoint, cursor, group, views, keys } = base;
    // Views and keys of a group of which a backup was restored are of no account in the new one.
    const isOurs = group === core.group;
    const installed = (): void => {
      delivery.install(base);
      done(true);
    };
    if (!isWanted()) done(false);
    else if (checkpoint.next <= core.watermark) this.#replaceCheckpoint(awaited, installed);
    else {
      core.step({
        kind: 'install',
        installation: {
          ...{ checkpoint, delivered: cursor.delivered },
          ...(isOurs ? { views, keys } : { views: [], keys: [] }),
        },
      });
      // The decisions from there on come with the same effects: delivery has to know where it goes on by then.
      this.#onInstalled = installed;
    }
  }

  /** The installation that the core has announced is durable. */
  installed(): void {
    this.#onInstalled?.();
    this.#onInstalled = null;
  }

  /** To be written with a checkpoint of another process, which takes the place of a state that has been refuted. */
  pardon(): LedgerRecord[] {
    if (!this.#isRefuted) return [];
    this.#isRefuted = false;
    return [{ kind: 'verdict', verdict: null }];
  }

  /** The ledger takes a checkpoint for one to go on from where its own watermark is lower, which is therefore written first. */
  #replaceCheckpoint({ base, isWanted, done }: AwaitedInstallation, installed: () => void): void {
    const { driver } = this.#options;
    let isRecorded = false;
    const records = (): LedgerRecord[] => {
      isRecorded = isWanted();
      return isRecorded ? [{ kind: 'checkpoint', checkpoint: base.checkpoint }, ...this.pardon()] : [];
    };
    driver.write(
      () => [],
      (stopped) => {
        if (stopped !== null) return;
        driver.write(records, (error) => {
          if (error !== null) return;
          if (isRecorded) installed();
          else done(false);
        });
      },
    );
  }
}
