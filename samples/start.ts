/** `npm start`: a sample as a group of replica processes on this machine, each with its own HTTP service. */

import { mkdirSync } from 'node:fs';

import { UsageError, wholeNumber } from './arguments.js';
import { onInterrupt } from './interrupts.js';
import { join, leave } from './join-and-leave.js';
import { CannotStart, type ReplicaProcess } from './replica-process.js';
import { queueOf, replicaProcess, type Settings, settingsOf } from './settings.js';
import { sampleNames, tourOf } from './tours.js';

const help = `Runs a sample as a group of replica processes on this machine.

  npm start -- [options]              begins or continues a group
  npm start -- join [port] [options]  adds a replica to the group that runs, at the first free port or at this one
  npm start -- leave <port>           removes the replica with this HTTP port from its group

  --sample <name>    ${sampleNames.join(' or ')} (auction)
  --replicas <n>     number of replicas (3)
  --port <port>      HTTP port of the first replica; the others have the next ones (8081)
  --data <folder>    where the replicas keep what they know, for the next start (.data)
  --recover <y/n>    yes or no: a replica whose data is damaged comes back without a vote (yes)
  --new              begins a new group although the folder holds the data of one with another port
  --unicast          the replicas meet at addresses, as where there is no multicast
  --key-file <file>  the replicas encrypt what they say under the keys of this file, a line "1 <32 bytes in base64>" for each
  --log-level <l>    what goes to the log files: fatal, error, warn, info, debug or trace (warn)
  --help             this text`;

async function start(settings: Settings): Promise<number> {
  const { sample, replicas, directory } = settings;
  mkdirSync(directory, { recursive: true });
  console.log(
    `${sample} on queue ${queueOf(settings)} (loopback), replicas: ${replicas}, data and logs in ${directory}`,
  );

  const group = Array.from({ length: replicas }, (_, index) => replicaProcess(settings, index + 1));
  const stop = (): void => group.forEach((replica) => replica.stop());
  onInterrupt(stop, () => group.forEach((replica) => replica.kill()));

  let ready = 0;
  const onReady = (index: number, isFirst: boolean): void => {
    if (isFirst) ready += 1;
    if (isFirst && ready === replicas) console.log(welcome(settings, group));
    if (!isFirst || group[index]?.hasVote === false) console.log(`replica ${index + 1} ${howItIsBack(group, index)}`);
  };
  const failures: unknown[] = [];
  const runs = group.map(async (replica, index) => {
    try {
      return await replica.run((isFirst) => onReady(index, isFirst));
    } catch (error) {
      // Several may fail for the same reason, and one is enough to know it.
      if (failures.push(error) === 1) {
        console.error(`replica ${index + 1} cannot start: ${(error as Error).message}${hintOn(error)}`);
      }
      stop();
      return false;
    }
  });
  const haveClosed = (await Promise.all(runs)).every(Boolean);
  if (haveClosed) console.log('all replicas have closed');
  else if (failures.length === 0) console.log('not all replicas have closed as they should');
  return haveClosed ? 0 : 1;
}

function hintOn(error: unknown): string {
  const isOther = error instanceof CannotStart && error.code === 'QUEUE_MISMATCH';
  return isOther
    ? ' The queue follows from --port and --unicast: name those of before, or another --data, or say --new.'
    : '';
}

/** That a replica serves again, and what its group is worth where it came back without a vote. */
function howItIsBack(group: readonly ReplicaProcess[], index: number): string {
  const replica = group[index];
  if (replica === undefined || replica.hasVote) return `is back, process ${replica?.pid}`;
  const votes = group.filter(({ hasVote }) => hasVote).length;
  const spare = votes - (Math.floor(group.length / 2) + 1);
  const next =
    spare < 1
      ? 'one more failure stops the group'
      : `the group survives ${spare} more ${spare === 1 ? 'failure' : 'failures'}`;
  return `is back, process ${replica.pid}, without a vote, for its data were damaged or gone: ${votes} of ${group.length} votes are left, and ${next}`;
}

function welcome({ sample, replicas, port }: Settings, group: readonly ReplicaProcess[]): string {
  const url = (replica: number): string => `http://127.0.0.1:${port + ((replica - 1) % replicas)}`;
  return [
    '',
    ...group.map(({ pid }, index) => `  replica ${index + 1}  ${url(index + 1)}  process ${pid}`),
    '',
    'Try, one after the other:',
    '',
    ...tourOf(sample, url).map((line) => `  ${line}`),
    '',
    `Kill a replica (kill -9 ${group.at(-1)?.pid}) and it comes back with all its state. Ctrl-C ends all.`,
    '',
  ].join('\n');
}

async function run(args: readonly string[]): Promise<number> {
  const words = args.slice(0, args.findIndex((word) => word.startsWith('-')) >>> 0);
  const settings = settingsOf(args.slice(words.length));
  if (settings === 'help') {
    console.log(help);
    return 0;
  }
  const [command, port, ...more] = words;
  const at = port === undefined ? null : wholeNumber('port', port, 1, 65_535);
  if (command === undefined) return start(settings);
  if (command === 'join' && more.length === 0) return join(settings, at);
  if (command === 'leave' && more.length === 0 && at !== null) return leave(at);
  throw new UsageError(`there is join [port] and leave <port>, not "${words.join(' ')}"`);
}

async function main(args: readonly string[]): Promise<number> {
  try {
    return await run(args);
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`npm start: ${error.message} (npm start -- --help tells more)`);
      return 2;
    }
    console.error(`npm start: ${(error as Error).message}`);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
