/** So many frames are tried in one tick, whoever sends them. */
const ANYBODYS = 16;
/** So many more of addresses from which few have been tried. */
const KEPT = 16;
const FEW = 4;
/** A frame counts once more for each of these. */
const BYTES = 16_384;

/**
 * Bounds the work that frames of starts cause which have not been met: for each a key has to be derived, and anybody can send one. A
 * flood from one address does not take the trials of others, as long as it cannot forge theirs.
 */
export class Trials {
  #at = -1;
  #all = 0;
  /** By address, in this tick. */
  readonly #from = new Map<string, number>();

  /** Whether a frame may be tried now; then it counts. */
  take(source: string, bytes: number, nowTick: number): boolean {
    if (nowTick !== this.#at) {
      this.#at = nowTick;
      this.#all = 0;
      this.#from.clear();
    }
    const before = this.#from.get(source) ?? 0;
    if (this.#all >= (before < FEW ? ANYBODYS + KEPT : ANYBODYS)) return false;
    const cost = 1 + Math.floor(bytes / BYTES);
    this.#all += cost;
    this.#from.set(source, before + cost);
    return true;
  }
}
