import { pino, type Logger } from 'pino';

const BEGINS = 'this process coordinates';
const ENDS = 'this process coordinates no longer';

/**
 * The log of a replica, on standard output from the level `LOG_LEVEL` on, errors unless given. It is also where a queue
 * says that its process coordinates, or does so no longer: `onCoordinates` is told.
 */
export function replicaLog(onCoordinates: (coordinates: boolean) => void): Logger {
  const shown = process.env['LOG_LEVEL'] ?? 'error';
  const ear = {
    write(line: string): void {
      const { msg } = JSON.parse(line) as { readonly msg: string };
      if (msg === BEGINS || msg === ENDS) onCoordinates(msg === BEGINS);
    },
  };
  const { values } = pino.levels;
  const heardToo = (values[shown] ?? 0) < (values['info'] ?? 0) ? shown : 'info';
  return pino(
    { level: heardToo },
    pino.multistream([
      { level: 'info', stream: ear },
      { level: shown, stream: process.stdout },
    ]),
  );
}
