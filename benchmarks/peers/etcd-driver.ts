/** Puts keys of etcd over HTTP/2 itself: gRPC's library for Node takes twice as much of the processor for each of them. */
import { once } from 'node:events';
import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from 'node:http2';

import { driverProgram } from './driver-program.js';

const PUT = {
  ':method': 'POST',
  ':path': '/etcdserverpb.KV/Put',
  'content-type': 'application/grpc',
  te: 'trailers',
} as const;

const ANSWER_LIMIT_MS = 20_000;

await driverProgram(async ({ endpoint, name, value }) => {
  const session = connect(`http://${endpoint}`);
  await once(session, 'connect');
  return (caller) => put(session, frameOf(putRequest(Buffer.from(`${name}-${caller}`), value)));
});

/** Rejects unless etcd says that it is done. */
function put(session: ClientHttp2Session, frame: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = session.request(PUT);
    let status: unknown = 'none';
    stream.setTimeout(ANSWER_LIMIT_MS, () => stream.close(constants.NGHTTP2_CANCEL));
    // Where there is nothing but a failure it is in the headers.
    stream.on('response', (headers) => (status = headers['grpc-status'] ?? status));
    stream.on('trailers', (trailers: IncomingHttpHeaders) => (status = trailers['grpc-status']));
    stream.once('error', reject);
    stream.once('close', () => {
      if (status === '0') resolve();
      else reject(new Error(`gRPC's status is ${String(status)}`));
    });
    stream.resume();
    stream.end(frame);
  });
}

/** A message of gRPC: not compressed, its length, itself. */
function frameOf(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** Fields 1 and 2 of `etcdserverpb.PutRequest`, as protobuf writes them. */
function putRequest(key: Buffer, value: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from([0x0a, ...varint(key.length)]),
    key,
    Buffer.from([0x12, ...varint(value.length)]),
    value,
  ]);
}

function varint(number: number): number[] {
  return number < 128 ? [number] : [(number % 128) + 128, ...varint(Math.floor(number / 128))];
}
