/** An event as it is written in the log. */
export interface Line {
  readonly level: Level;
  readonly facts: object;
  readonly text: string;
}

type Level = 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** Where a queue is, for people. */
export interface Place {
  readonly queue: string;
  /** The interface, and where on it this process is reached. */
  readonly interface: string;
}

export function debug(facts: object, text: string): Line {
  return { level: 'debug', facts, text };
}

export function info(facts: object, text: string): Line {
  return { level: 'info', facts, text };
}

export function warn(facts: object, text: string): Line {
  return { level: 'warn', facts, text };
}

export function error(facts: object, text: string): Line {
  return { level: 'error', facts, text };
}

export function fatal(facts: object, text: string): Line {
  return { level: 'fatal', facts, text };
}
