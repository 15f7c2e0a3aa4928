/** One thing that one process did. */
interface Line {
  /** ` > p2`, ` > all`, or nothing where nobody else is concerned. */
  readonly to: string;
  readonly text: string;
}

/**
 * Gathers what happens and puts it in columns: when, who (to whom), what. Processes that do the same things in the same
 * order at one moment are shown together.
 */
export class Transcript {
  /** While set, what happens is not taken down. */
  muted = false;
  #time = '';
  /** What each process has done at this moment. */
  readonly #moment = new Map<number, Line[]>();
  #rows: (readonly [time: string, who: string, text: string])[] = [];

  add(process: number, text: string, to = ''): void {
    if (this.muted) return;
    const lines = this.#moment.get(process);
    if (lines === undefined) this.#moment.set(process, [{ to, text }]);
    else lines.push({ to, text });
  }

  /** What happens from here on happens at `time`, below everything that has happened so far. */
  beginMoment(time: string): void {
    const alike = new Map<string, { readonly names: string[]; readonly lines: readonly Line[] }>();
    for (const [process, lines] of this.#moment) {
      const key = JSON.stringify(lines);
      const same = alike.get(key) ?? { names: [], lines };
      same.names.push(nameOf(process));
      alike.set(key, same);
    }
    for (const { names, lines } of alike.values()) {
      const who = names.sort().join(' ');
      for (const { to, text } of lines) this.#rows.push([this.#time, `${who}${to}`, text]);
    }
    this.#moment.clear();
    this.#time = time;
  }

  /** Everything since the last call, a line each. */
  take(): string[] {
    this.beginMoment('');
    const rows = this.#rows;
    this.#rows = [];
    const timeWidth = Math.max(0, ...rows.map(([time]) => time.length));
    const whoWidth = Math.max(0, ...rows.map(([, who]) => who.length));
    return rows.map(([time, who, text]) => {
      const when = timeWidth === 0 ? '' : `${time.padEnd(timeWidth)}  `;
      return `${when}${who.padEnd(whoWidth)}  ${text}`;
    });
  }
}

export function nameOf(process: number): string {
  return `p${String(process)}`;
}
