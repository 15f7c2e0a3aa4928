import { copyOf, type MemoryFile } from '../ledger/memory/memory-ledger.js';
import { sameStart, type Start } from '../model/start.js';

/** The contents of the directory of a process before its latest start, so that they can be put back. */
export class FormerDirectory {
  #file: MemoryFile | null = null;
  #latestStart: Start | undefined;

  /** The process is about to start from this directory, which tells of these starts of its own. */
  keep(file: MemoryFile, starts: readonly Start[]): void {
    this.#file = copyOf(file);
    this.#latestStart = starts.at(-1);
  }

  forget(): void {
    this.#file = null;
  }

  /**
   * The contents of the directory, if putting them back would lose a start: null where the process has been started but
   * once, or where its directory does not tell of a later start, `starts` being those of which it tells now.
   */
  losing(starts: readonly Start[]): MemoryFile | null {
    const latest = starts.at(-1);
    if (starts.length <= 1 || latest === undefined) return null;
    const hasBegunSince = this.#latestStart === undefined || !sameStart(this.#latestStart, latest);
    return hasBegunSince ? this.#file : null;
  }
}
