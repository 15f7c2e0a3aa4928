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

import { AsynchronousPersistentQueue } from '../lib/index.js';
import { logLevel, parseOptions, sampleName, UsageError, wholeNumber, yesOrNo } from './arguments.js';
import { createHttpService } from './http-service.js';
import { samples, type SampleReplica } from './samples.js';

/** What a replica tells the process that forked it. */
export type ReplicaReport = { readonly kind: 'ready' } | { readonly kind: 'failed'; readonly message: string };

const host = '127.0.0.1';

/** How long requests may take to be answered once we close; those that wait for a majority would take longer. */
const graceMs = 2000;

async function run(args: readonly string[], stop: AbortSignal): Promise<0 | 1> {
  const { sample, queueId, replicas, directory, port, recover, logLevel } = parse(args);
  const log = pino({ level: logLevel }, pino.destination({ dest: 2, sync: true }));
  await checkThatIsFree(port);
  const queue = await AsynchronousPersistentQueue.create(queueId, {
    directory,
    replicas,
    recover,
    log,
    signal: stop,
  });
  const replica = await samples[sample](queue);
  const app = createHttpService({
    routes: replica.routes,
    health: () => ({ sample, processId: queue.processId }),
    onInternalError: (error) => log.error({ err: error }, 'a request has failed'),
  });
  await app.listen({ host, port });
  console.log(`${sample} replica on http://${host}:${port}`);
  await report({ kind: 'ready' });

  const failure = queue.closed.then(() => null, messageOf);
  const cause = await Promise.race([aborted(stop), failure]);
  if (cause === null) {
    await shutDown(app, replica);
    return 0;
  }
  // The queue has logged it.
  await report({ kind: 'failed', message: cause });
  await Promise.race([app.close(), sleep(graceMs)]);
  return 1;
}

function parse(args: readonly string[]) {
  const options = parseOptions(args, ['sample', 'queue', 'replicas', 'directory', 'port', 'recover', 'log-level']);
  const { sample = '', queue: queueId, replicas = '3', directory, port = '' } = options;
  const { recover = 'yes', 'log-level': level = 'warn' } = options;
  if (!queueId || !directory) throw new UsageError('--sample, --queue, --directory and --port are needed');
  return {
    sample: sampleName(sample),
    queueId,
    replicas: wholeNumber('replicas', replicas, 1, 15),
    directory,
    port: wholeNumber('port', port, 1, 65_535),
    recover: yesOrNo('recover', recover),
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

/** HTTP first, so that nothing new comes in; then the state machine, which answers what still waits for a majority. */
async function shutDown(app: FastifyInstance, replica: SampleReplica): Promise<void> {
  const answered = app.close();
  await Promise.race([answered, sleep(graceMs, undefined, { ref: false })]);
  await replica.close();
  await answered;
}

async function report(message: ReplicaReport): Promise<void> {
  if (!process.connected) return;
  await new Promise<void>((resolve) => process.send?.(message, undefined, {}, () => resolve()));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const stop = stopSignal();
try {
  process.exit(await run(process.argv.slice(2), stop));
} catch (error) {
  // What is not open yet need not be closed.
  if (stop.aborted) process.exit(0);
  console.error(error instanceof UsageError ? `replica: ${error.message}` : error);
  await report({ kind: 'failed', message: messageOf(error) });
  process.exit(2);
}
