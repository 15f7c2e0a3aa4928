import type { Instance, ProcessId } from '../model/ids.js';
import { EVERYONE, type Message } from './messages.js';

/**
 * The processes that have been asked for decisions, and from which instance on, to distinguish answers from unasked
 * messages. A late or repeated answer counts as an answer.
 */
export class Questions {
  readonly #asked = new Map<ProcessId | typeof EVERYONE, Set<Instance>>();
  #first = 0 as Instance;

  /** Takes notice of a message that leaves, if it is a question that may be answered by decisions. */
  note(to: ProcessId | typeof EVERYONE, message: Message): void {
    if (message.kind === 'catch-up') this.#add(to, message.from);
    else if (message.kind === 'fetch' || message.kind === 'inquire') this.#add(to, message.instance);
  }

  /** Whether `from` has been asked for the decisions from `first` on. */
  expects(from: ProcessId, first: Instance): boolean {
    return this.#asked.get(from)?.has(first) === true || this.#asked.get(EVERYONE)?.has(first) === true;
  }

  /** Nobody needs an answer about instances below `first`, which is never lower than before. */
  forgetBelow(first: Instance): void {
    if (first === this.#first) return;
    this.#first = first;
    for (const [process, instances] of this.#asked) {
      for (const instance of instances) if (instance < first) instances.delete(instance);
      if (instances.size === 0) this.#asked.delete(process);
    }
  }

  #add(to: ProcessId | typeof EVERYONE, instance: Instance): void {
    const known = this.#asked.get(to);
    if (known === undefined) this.#asked.set(to, new Set([instance]));
    else known.add(instance);
  }
}
