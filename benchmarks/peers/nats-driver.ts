/** Publishes to a stream of NATS JetStream, with acknowledgements. */
import { connect } from '@nats-io/transport-node';

import { driverProgram } from './driver-program.js';

const ANSWER_LIMIT_MS = 20_000;

/** An answer of a stream. */
interface Acknowledgement {
  readonly error?: { readonly description: string };
}

await driverProgram(async ({ endpoint, value }) => {
  const connection = await connect({ servers: endpoint });
  return async () => {
    const message = await connection.request('bench', value, { timeout: ANSWER_LIMIT_MS });
    const { error } = message.json<Acknowledgement>();
    if (error !== undefined) throw new Error(error.description);
  };
});
