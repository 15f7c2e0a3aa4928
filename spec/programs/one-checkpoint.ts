/**
 * Makes a checkpoint by a process of its own, in the directory and on the queue that it is given, and says whether it has
 * one. It is itself the module of that checkpoint, which says `ready` on the channel, as managers of processes want it.
 */
import { pathToFileURL } from 'node:url';

import { AsynchronousPersistentQueue, ReplicatedStateMachine } from '../../lib/index.js';
import { Append, Journal } from './journal.js';

export default function makeState(): Journal {
  return new Journal();
}

/** Called by programs that are given on the command line, too. */
export async function checkpointOnce(directory: string, queueId: string): Promise<void> {
  console.log('the program runs');
  const queue = await AsynchronousPersistentQueue.create(queueId, { directory, replicas: 1 });
  const machine = await ReplicatedStateMachine.create(new Journal(), queue, { module: import.meta.url });
  await machine.execute(new Append('entry'));
  await queue.checkpoint().then(
    ({ position }) => console.log(`a checkpoint at ${position}`),
    (error: unknown) => console.log(`no checkpoint: ${String(error)}`),
  );
  await machine.close();
}

const [, program = '', directory, queueId] = process.argv;
if (pathToFileURL(program).href === import.meta.url && directory !== undefined && queueId !== undefined)
  await checkpointOnce(directory, queueId);
else process.send?.('ready');
