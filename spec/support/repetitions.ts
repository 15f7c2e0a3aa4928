/**
 * How often something is tried that would be worth trying for ever: `short` times in `npm test`, `long` times in the long form
 * `repetitions` of `npm run test:long`.
 */
export function repetitions(short: number, long: number): number {
  return process.env['TREPLICA_LONG'] === undefined ? short : long;
}
