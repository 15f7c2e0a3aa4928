import type { RootDatabase } from 'lmdb';

import { TreplicaError } from '../../model/errors.js';
import { mapBytesFor, MapRoom } from './address-space.js';
import { prepareDirectory } from './directory.js';
import { Environment } from './environment.js';
import { closeRoot, openRoot } from './lmdb-root.js';
import type { QueueTables } from './queue-tables.js';
import { assertUsable } from './usable-directory.js';

/** An environment to be read, and the map that its file must fit. */
export interface ReadOnlyRoot {
  readonly root: RootDatabase<Buffer>;
  readonly room: MapRoom;
}

/**
 * The ledger directories that this process has open, for writing or for reading: LMDB must not open a file twice in one
 * process. Directories are named by their real paths.
 */
class OpenDirectories {
  readonly #environments = new Map<string, Environment>();
  readonly #read = new Set<string>();
  /**
   * Tokens of ownerships that this process could not give back when it closed a ledger that had failed: where the system
   * does not tell of descriptors, these tell them from the ownerships of a living thread.
   */
  readonly #abandoned = new Set<string>();

  /**
   * The environment in `directory`, opened if this process has not opened it, with `queueId` registered in it until
   * `leave` is called.
   * @throws TreplicaError DIRECTORY_NOT_WRITABLE, DIRECTORY_IN_USE, INVALID_OPTION, LEDGER_DAMAGED, LEDGER_VERSION,
   * DISK_FULL or LEDGER_FAILED
   */
  enter(directory: string, queueId: string): Environment {
    const path = prepareDirectory(directory);
    this.#assertNotRead(path);
    const environment = this.#environments.get(path) ?? new Environment(path, this.#abandoned);
    environment.addQueue(queueId);
    this.#environments.set(path, environment);
    return environment;
  }

  /** Closes a queue's tables, if it has any, and the environment with its last queue: from the call on, it may be entered again. */
  async leave(environment: Environment, queueId: string, tables: QueueTables | null): Promise<void> {
    if (!environment.removeQueue(queueId, tables)) return;
    this.#environments.delete(environment.directory);
    await environment.close();
  }

  /** Whether a queue of this process has its ledger in the directory whose real path is `path`. */
  isEntered(path: string): boolean {
    return this.#environments.has(path);
  }

  /**
   * The environment in the directory whose real path is `path`, to be read without being owned, whoever owns it, until
   * `leaveReader` is called.
   * @throws TreplicaError DIRECTORY_IN_USE where this very process has it open, LEDGER_DAMAGED, LEDGER_VERSION,
   * DIRECTORY_NOT_WRITABLE where LMDB's lock file may not be opened, or LEDGER_FAILED
   */
  enterReader(path: string): ReadOnlyRoot {
    this.#assertNotRead(path);
    if (this.isEntered(path)) {
      throw new TreplicaError(
        'DIRECTORY_IN_USE',
        `Directory ${path} is open in this very process (${process.pid}): close its queues first, or read it from another process.`,
      );
    }
    this.#assertReadable(path);
    const mapSize = mapBytesFor(path);
    const root = openRoot(path, { readOnly: true, mapSize });
    this.#read.add(path);
    return { root, room: new MapRoom(path, mapSize) };
  }

  async leaveReader(path: string, root: RootDatabase<Buffer>): Promise<void> {
    this.#read.delete(path);
    await closeRoot(root);
  }

  /** The file of an owner that lives changes all the time, and its owner has looked at it. */
  #assertReadable(path: string): void {
    try {
      assertUsable(path, this.#abandoned);
    } catch (error) {
      if (!(error instanceof TreplicaError && error.code === 'DIRECTORY_IN_USE')) throw error;
    }
  }

  #assertNotRead(path: string): void {
    if (!this.#read.has(path)) return;
    throw new TreplicaError(
      'DIRECTORY_IN_USE',
      `Directory ${path} is open for reading in this very process (${process.pid}): close the reader first.`,
    );
  }
}

/** The only state of this process that ledgers share: what LMDB and the system count by process, no ledger can hold. */
export const openDirectories = new OpenDirectories();
