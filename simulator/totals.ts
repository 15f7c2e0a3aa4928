import type { Answer } from './worker.js';

/** The totals of a number of runs. */
export class Totals {
  runs = 0;
  virtualSeconds = 0;
  events = 0;
  answered = 0;
  /** The run that took longest to recover. */
  #slowest: Answer | null = null;
  readonly faults = new Map<string, number>();
  readonly violations: string[] = [];
  readonly #begunMs = performance.now();

  add(answer: Answer): void {
    this.runs += 1;
    this.virtualSeconds += answer.virtualSeconds;
    this.events += answer.events;
    this.answered += answer.answered;
    if (answer.recoverySeconds > (this.#slowest?.recoverySeconds ?? 0)) this.#slowest = answer;
    for (const [fault, times] of answer.faults) this.faults.set(fault, (this.faults.get(fault) ?? 0) + times);
  }

  get progress(): string {
    const hours = (this.virtualSeconds / 3_600).toFixed(2);
    return `${this.runs} runs, ${hours} virtual hours, ${this.answered} answers checked, ${this.violations.length} violations`;
  }

  summary(workers: number): string {
    const real = (performance.now() - this.#begunMs) / 1_000;
    const faults = [...this.faults].sort((a, b) => b[1] - a[1]).map(([fault, times]) => `${fault} ${times}`);
    return [
      `seeds                 ${this.runs}`,
      `virtual hours         ${(this.virtualSeconds / 3_600).toFixed(2)}`,
      `virtual / real time   ${(this.virtualSeconds / real).toFixed(0)} (${real.toFixed(0)} s in ${workers} processes)`,
      `events                ${this.events}`,
      `operations checked    ${this.answered}`,
      `faults injected       ${faults.join(', ')}`,
      `longest recovery      ${this.#longestRecovery()}`,
      `violations            ${this.violations.length}`,
      ...this.violations,
    ].join('\n');
  }

  #longestRecovery(): string {
    if (this.#slowest === null) return 'none';
    const { recoverySeconds, seed, profile } = this.#slowest;
    return `${recoverySeconds.toFixed(1)} virtual seconds from the last fault to the last answer (seed ${seed}, ${profile})`;
  }
}
