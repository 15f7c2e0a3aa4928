import type { CheckpointReader } from '../ledger/checkpoint-store.js';
import { type LedgerReader, verifyChunks } from '../ledger/inspection.js';
import { assert } from '../model/assert.js';
import type { Batch } from '../model/batch.js';
import type { Checkpoint } from '../model/checkpoint.js';
import { constants } from '../model/constants.js';
import { isDamage, TreplicaError } from '../model/errors.js';
import { after, type GroupId, type Instance, type ProcessId } from '../model/ids.js';
import type { LedgerSnapshot, LogEntry } from '../model/records.js';
import type { Cursor } from '../sequence/cursor.js';
import { encodeEnd, encodeEntries, encodeHeader } from './backup-format.js';
import { type BackupOutput, writeBackup } from './backup-output.js';
import { type GivenLedger, type GivenLedgers, hasAllVotes, openGiven } from './given-ledgers.js';
import { cursorAfter } from './latest-state.js';
import type { BackupSummary } from './take-backup.js';
import { type Electorate, type Ending, endingOf, isComplete, type PassedOver } from './undecided.js';

/** What the ledgers that are left of a group hold together. */
export interface RecoveryPlan {
  readonly queueId: string;
  /** The group that is lost. */
  readonly group: GroupId;
  readonly ledgers: readonly {
    readonly directory: string;
    readonly process: ProcessId;
    /** Everything below is decided, as this ledger knows. */
    readonly watermark: Instance;
    /** False where its process has cast votes that it does not have: it counts as silent. */
    readonly hasAllVotes: boolean;
  }[];
  /** Everything below is decided, as one of them knows. */
  readonly watermark: Instance;
  /** The number of values that votes alone tell of. */
  readonly undecided: number;
  readonly electorates: readonly Electorate[];
  /** Instances where each of several values may have been acknowledged, and one of them is taken. */
  readonly ambiguous: readonly Instance[];
  /** Votes of ledgers that lack others, for what is not taken and may have been acknowledged all the same. */
  readonly passedOver: readonly PassedOver[];
  /** Whether everything that the group has acknowledged is in the ledgers. */
  readonly isComplete: boolean;
  /** In sentences. */
  readonly damages: readonly string[];
}

/** The ledgers that are left of a group that can decide nothing any more. */
export class LostGroup {
  readonly #given: Omit<GivenLedgers, 'damages'>;
  readonly #ending: Ending;
  readonly #damages: string[];

  /** @throws as `openGiven` does */
  static async open(
    directories: readonly string[],
    queueId: string | undefined,
    skipsDamaged: boolean,
  ): Promise<LostGroup> {
    return new LostGroup(await openGiven(directories, queueId, skipsDamaged));
  }

  /** `given` has a ledger at least. */
  constructor({ damages, ...given }: GivenLedgers) {
    this.#given = given;
    this.#damages = [...damages];
    this.#ending = endingOf(
      given.ledgers.map((ledger) => ({ ...ledger, hasAllVotes: hasAllVotes(ledger, given.ledgers) })),
    );
  }

  get plan(): RecoveryPlan {
    const { ledgers } = this.#given;
    const { from: watermark, batches, electorates, ambiguous, passedOver } = this.#ending;
    const { group, reader } = this.#first;
    return {
      queueId: reader.queueId,
      group,
      ledgers: ledgers.map((ledger) => ({
        directory: ledger.directory,
        process: ledger.process,
        watermark: ledger.past.watermark,
        hasAllVotes: hasAllVotes(ledger, ledgers),
      })),
      watermark,
      undecided: batches.length,
      electorates,
      ambiguous,
      passedOver,
      isComplete: isComplete(this.#ending),
      damages: this.#damages,
    };
  }

  /**
   * Writes a backup of all that the ledgers hold together into the new file `path`. Processes that are restored from it found a new
   * group.
   * @throws TreplicaError ALREADY_EXISTS, DIRECTORY_IN_USE, LEDGER_DAMAGED, LEDGER_FAILED, DISK_FULL, BACKUP_DAMAGED; what the
   * file system throws. Nothing is left behind then.
   */
  write(path: string): Promise<BackupSummary> {
    return writeBackup(path, (output) => this.#write(path, output));
  }

  async close(): Promise<void> {
    await this.#given.close();
  }

  async #write(file: string, output: BackupOutput): Promise<BackupSummary> {
    const { from, batches } = this.#ending;
    const { group, reader, past } = this.#first;
    const { queueId } = reader;
    const watermark = after(from, batches.length);
    const state = await this.#furthestState();
    try {
      const { checkpoint, chunks, cursor } = state;
      const { views } = past;
      await output.add('header', encodeHeader({ queueId, group, views, start: cursor.next, watermark, checkpoint }));
      await this.#writeDecided(from, cursor, output);
      await writeEntries(batches, cursor, output);
      for (let index = 0; index < (checkpoint?.chunks ?? 0); index += 1) {
        if (chunks !== null) await output.add('chunk', await chunks.chunk(index));
      }
      const { position } = cursor.state;
      await output.add('end', encodeEnd({ position }));
      this.#given.assertUnused();
      const digest = await output.finish();
      return { file, queueId, position, watermark, bytes: output.bytes, digest };
    } finally {
      await state.chunks?.close();
    }
  }

  /** The one that knows the most decisions, and so all views that any of them knows. */
  get #first(): GivenLedger {
    return this.#given.ledgers.reduce((a, b) => (b.past.watermark > a.past.watermark ? b : a));
  }

  /** The state to begin with: the furthest checkpoint that is sound, and never one that has been refuted. */
  async #furthestState(): Promise<StateFound> {
    const byPlace = [...this.#given.ledgers].sort((a, b) => placeOf(b.past) - placeOf(a.past));
    for (const { reader, directory, past } of byPlace) {
      if (past.checkpoint === null || past.verdict !== null) continue;
      try {
        return await soundState(reader, past.checkpoint);
      } catch (error) {
        this.#note(error, directory);
      }
    }
    return { checkpoint: null, chunks: null, cursor: await cursorAfter(null) };
  }

  /** All that is decided below `end`, from `cursor` on, which passes over it: each part from whichever ledger has it. */
  async #writeDecided(end: Instance, cursor: Cursor, output: BackupOutput): Promise<void> {
    while (cursor.next < end) {
      const batches = this.#readAt(cursor.next, end).map(({ instance, vote }) => {
        assert(vote !== null, 'the log holds a batch at every decided instance', { instance });
        return vote.batch;
      });
      await writeEntries(batches, cursor, output);
    }
  }

  #readAt(from: Instance, end: Instance): LogEntry[] {
    for (const { reader, directory, past } of this.#given.ledgers) {
      if (past.start > from || past.watermark <= from) continue;
      try {
        const entries = reader.read(from, end, constants.logReadBytes);
        if (entries !== null) return entries;
      } catch (error) {
        this.#note(error, directory);
      }
    }
    const among = this.#damages.length === 0 ? '' : ` ${this.#damages.join(' ')}`;
    throw new TreplicaError(
      'LEDGER_DAMAGED',
      `What was decided at instance ${from} is in none of the ledgers, sound and behind a sound checkpoint: name more of the group's ledgers.${among}`,
    );
  }

  /** Notes damage: another ledger may have the same part. */
  #note(error: unknown, directory: string): void {
    if (!isDamage(error)) throw error;
    const what = `Directory ${directory}: ${error.message}`;
    if (!this.#damages.includes(what)) this.#damages.push(what);
  }
}

interface StateFound {
  readonly checkpoint: Checkpoint | null;
  readonly chunks: CheckpointReader | null;
  readonly cursor: Cursor;
}

function placeOf({ checkpoint }: LedgerSnapshot): Instance {
  return checkpoint?.next ?? (0 as Instance);
}

/** @throws TreplicaError LEDGER_DAMAGED */
async function soundState(reader: LedgerReader, checkpoint: Checkpoint): Promise<StateFound> {
  const chunks = await reader.checkpoints.open(checkpoint);
  try {
    const [damage] = (await verifyChunks(checkpoint, chunks)).damages;
    if (damage !== undefined) throw damage;
    return { checkpoint, chunks, cursor: await cursorAfter(chunks) };
  } catch (error) {
    await chunks.close();
    throw error;
  }
}

/** Those at the place of `cursor`, which passes over them, in records of some size. */
async function writeEntries(batches: readonly Batch[], cursor: Cursor, output: BackupOutput): Promise<void> {
  let from = cursor.next;
  let some: Batch[] = [];
  let bytes = 0;
  for (const batch of batches) {
    cursor.pass(cursor.next, batch);
    some.push(batch);
    bytes += batch.body.length;
    if (bytes < constants.logReadBytes) continue;
    await output.add('entries', encodeEntries({ from, batches: some }));
    [from, some, bytes] = [cursor.next, [], 0];
  }
  if (some.length > 0) await output.add('entries', encodeEntries({ from, batches: some }));
}
