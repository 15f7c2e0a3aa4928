/**
 * One replica of a sample as a process: `node dist/samples/replica.js --sample auction --queue 239.255.0.1:7400
 * --replicas 3 --directory .data/1 --port 8081`. Serves HTTP on 127.0.0.1 until SIGINT, SIGTERM or the death of the
 * process that forked it. Exit codes: 0 closed as asked, 1 the queue stopped by itself, 2 could not start.
 */

import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';

import { AsynchronousPersistentQueue, TreplicaError } from '../lib/index.js';
import { logLevel, parseOptions, sampleName, UsageError, wholeNumber, yesOrNo } from './arguments.js';
import { healthOf } from './health.js';
import { createHttpService } from './http-service.js';
import { joinGroup, memberRoutes } from './membership.js';
import { type SampleReplica, samples } from './samples.js';

/** The messages of a replica to the process that forked it. */
export type ReplicaReport =
  | { readonly kind: 'ready'; readonly hasVote: boolean }
  /** It is a member no more, has closed, and is not needed again. */
  | { readonly kind: 'left' }
  /** `code` is that of the library's error, where it is one. */
  | { readonly kind: 'failed'; readonly message: string; readonly code?: string };

const host = '127.0.0.1';

/** How long requests may take to be answered once we close; those that wait for a majority would take longer. */
const graceMs = 2000;

/** How long the answers of a closed state machine may take to leave. */
const lastWordsMs = 500;

async function run(args: readonly string[], stop: AbortSignal): Promise<0 | 1> {
  const { sample, queueId, replicas, directory, port, recover, newQueue, joins, network, logLevel } = parse(args);
  const log = pino({ level: logLevel }, pino.destination({ dest: 2, sync: true }));
  await checkThatIsFree(port);
  const queue = await AsynchronousPersistentQueue.create(queueId, {
    directory,
    replicas,
    recover,
    newQueue,
    ...network,
    log,
    signal: stop,
  });
  const replica = await samples[sample](queue);
  if (joins) await joinGroup(queue, stop);
  const leaving = new AbortController();
  const app = createHttpService({
    routes: (service) => {
      replica.routes(service);
      memberRoutes(service, queue, () => leaving.abort());
    },
    health: () => healthOf(() => queue.status(), replica.ready),
    self: { sample, processId: queue.processId },
    onInternalError: (error) => log.error({ err: error }, 'a request has failed'),
  });
  await app.listen({ host, port });
  console.log(`${sample} replica on http://${host}:${port}`);
  await report({ kind: 'ready', hasVote: queue.status().role === 'member' });

  const failure = queue.closed.then(() => null, failureOf);
  const cause = await Promise.race([aborted(stop), aborted(leaving.signal), failure]);
  if (cause === null) {
    await shutDown(app, replica);
    if (leaving.signal.aborted) await report({ kind: 'left' });
    return 0;
  }
  // The queue has logged it.
  await report(cause);
  await Promise.race([app.close(), sleep(graceMs)]);
  return 1;
}

function parse(args: readonly string[]) {
  const options = parseOptions(args, [
    'sample',
    'queue',
    'replicas',
    'directory',
    'port',
    'recover',
    'new',
    'join',
    'listen',
    'peers',
    'keys',
    'log-level',
  ]);
  const { sample = '', queue: queueId, replicas = '3', directory, port = '' } = options;
  const {
    listen,
    peers = '',
    keys,
    recover = 'yes',
    new: isNew = 'no',
    join = 'no',
    'log-level': level = 'warn',
  } = options;
  if (!queueId || !directory) throw new UsageError('--sample, --queue, --directory and --port are needed');
  return {
    sample: sampleName(sample),
    queueId,
    replicas: wholeNumber('replicas', replicas, 1, 15),
    directory,
    port: wholeNumber('port', port, 1, 65_535),
    recover: yesOrNo('recover', recover),
    newQueue: yesOrNo('new', isNew),
    joins: yesOrNo('join', join),
    network: {
      ...(listen === undefined ? {} : { listen, peers: peers.split(',') }),
      ...(keys === undefined ? {} : { keys }),
    },
    logLevel: logLevel(level),
  };
}

/** Aborted by the first request to stop; later ones change nothing. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const event of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect']) process.on(event, () => controller.abort());
  return controller.signal;
}

async function aborted(signal: AbortSignal): Promise<null> {
  if (!signal.aborted) await once(signal, 'abort');
  return null;
}

/** Told before the queue is opened: with another group on our port, we would wait in vain for a place in that group. */
async function checkThatIsFree(port: number): Promise<void> {
  const server = createServer().listen(port, host);
  await once(server, 'listening');
  server.close();
  await once(server, 'close');
}

/**
 * HTTP first, so that nothing new comes in; then the state machine, which answers what still waits for a majority. A
 * client that has not sent all of a request by then, or does not take the answer, is not waited for.
 */
async function shutDown(app: FastifyInstance, replica: SampleReplica): Promise<void> {
  const answered = app.close();
  await Promise.race([answered, sleep(graceMs, undefined, { ref: false })]);
  await replica.close();
  await Promise.race([answered, sleep(lastWordsMs, undefined, { ref: false })]);
  app.server.closeAllConnections();
  await answered;
}

async function report(message: ReplicaReport): Promise<void> {
  if (!process.connected) return;
  await new Promise<void>((resolve) => process.send?.(message, undefined, {}, () => resolve()));
}

function failureOf(error: unknown): Extract<ReplicaReport, { kind: 'failed' }> {
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof TreplicaError ? { kind: 'failed', message, code: error.code } : { kind: 'failed', message };
}

const stop = stopSignal();
try {
  process.exit(await run(process.argv.slice(2), stop));
} catch (error) {
  // A replica that is not open yet need not be closed.
  if (stop.aborted) process.exit(0);
  console.error(error instanceof UsageError ? `replica: ${error.message}` : error);
  await report(failureOf(error));
  process.exit(2);
}
