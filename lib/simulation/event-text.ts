import type { QueueEvent } from '../queue/events.js';

/** An event in words; an error in it without its stack, which says where the program lies. */
export function eventText({ kind, ...facts }: QueueEvent): string {
  const replaced = (_: string, value: unknown): unknown =>
    value instanceof Error ? `${value.name}: ${value.message}` : value;
  return `${kind} ${JSON.stringify(facts, replaced)}`;
}
