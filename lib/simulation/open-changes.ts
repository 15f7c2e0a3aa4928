import type { ProcessId } from '../model/ids.js';
import type { MembersChange } from '../paxos/member-changes.js';

/** A change of the members that a process was asked for. */
interface AskedChange {
  /** Of the process that was asked. */
  readonly life: { readonly isAlive: boolean };
  readonly process: ProcessId;
  readonly change: MembersChange;
}

/** The changes of the members that operators have asked for. */
export class OpenChanges {
  readonly #asked: AskedChange[] = [];
  readonly #open = new Set<AskedChange>();

  /** Returns a function to be called at the end of the change. */
  ask(asked: AskedChange): () => void {
    this.#asked.push(asked);
    this.#open.add(asked);
    return () => this.#open.delete(asked);
  }

  /** Whether no process that is alive may still propose one of them. */
  get areNone(): boolean {
    for (const asked of this.#open) if (!asked.life.isAlive) this.#open.delete(asked);
    return this.#open.size === 0;
  }

  /** Whether a process was asked for a change that makes these members of those. */
  hasAsked(process: ProcessId, before: readonly string[], after: readonly string[]): boolean {
    return this.#asked.some(({ process: asked, change: { add = [], remove = [] } }) => {
      const made = new Set([...before.filter((id) => !remove.includes(id)), ...add]);
      return asked === process && made.size === after.length && after.every((id) => made.has(id));
    });
  }
}
