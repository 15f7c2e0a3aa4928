/**
 * Loaded before a program, `node --import shifted-clock.js`, this makes the clock of the process show another time, by the milliseconds in
 * `SHIFT_MS` of its environment. What measures how much time has passed shows the same as before.
 */
const { now } = Date;
const shiftMs = Number(process.env['SHIFT_MS'] ?? 0);

Date.now = () => now() + shiftMs;
