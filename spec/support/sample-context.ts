import type { ExecutionContext } from '../../lib/index.js';

/** Stands in for the context that the library gives to operations; the clock is the spec's. */
export class SampleContext implements ExecutionContext {
  position = 0;
  time = Date.parse('2025-06-01T12:00:00Z');

  now(): Date {
    return new Date(this.time);
  }

  random(): number {
    return 0.5;
  }

  uniqueId(): string {
    return String(this.position++);
  }

  pass(seconds: number): this {
    this.time += seconds * 1000;
    return this;
  }
}
