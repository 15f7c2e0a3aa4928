import { pino } from 'pino';

import type { ProcessId } from '../../lib/model/ids.js';
import type { Nonce } from '../../lib/model/start.js';
import { EVERYONE } from '../../lib/transport/transport.js';
import { openUdpTransport } from '../../lib/transport/udp/udp-transport.js';
import type { Part } from './part.js';

/** No datagram takes so long. */
const PATIENCE_MS = 5000;

/** One message by multicast on loopback, from one transport to another in the same process, one after the other. */
export async function datagramPart(bytes: number, port: number): Promise<Part> {
  const queueId = `239.255.0.11:${port}`;
  const log = pino({ level: 'silent' });
  const start = { incarnation: 1, nonce: 'c'.repeat(32) as Nonce };
  const open = (id: string, receiver: () => void) =>
    openUdpTransport({ queueId, self: id.padStart(16, '0') as ProcessId, start, receiver, log });
  let sent = 0;
  let arrived = (): void => undefined;
  let lost = (_: Error): void => undefined;
  const sender = await open('1', () => undefined);
  const receiver = await open('2', () => arrived());
  const message = Buffer.alloc(bytes, 'x');
  let seen = 0;
  const watch = setInterval(() => {
    if (sent === seen)
      lost(new Error(`A datagram of ${bytes} bytes has not arrived on ${queueId} in ${PATIENCE_MS} ms.`));
    seen = sent;
  }, PATIENCE_MS);
  return {
    name: 'datagram',
    bytes,
    operations: 1,
    isAsync: true,
    durable: null,
    batch: () =>
      new Promise<void>((resolve, reject) => {
        arrived = resolve;
        lost = reject;
        sent += 1;
        sender.send(EVERYONE, message);
        sender.flush();
      }),
    close: async () => {
      clearInterval(watch);
      await Promise.all([sender.close(), receiver.close()]);
    },
  };
}
