import { join } from 'node:path';

import { logLevel, parseOptions, sampleName, wholeNumber, yesOrNo } from './arguments.js';
import { ReplicaProcess } from './replica-process.js';
import { type SampleName, sampleNames } from './tours.js';

/** Which sample runs, how, and where. */
export interface Settings {
  readonly sample: SampleName;
  readonly replicas: number;
  readonly port: number;
  readonly directory: string;
  readonly recover: boolean;
  readonly isNew: boolean;
  /** Whether the replica is added to a group that runs. */
  readonly joins: boolean;
  readonly logLevel: string;
}

/** @throws UsageError */
export function settingsOf(args: readonly string[]): Settings | 'help' {
  const options = parseOptions(args, ['sample', 'replicas', 'port', 'data', 'recover', 'log-level'], ['new']);
  if (options.help) return 'help';
  const sample = sampleName(options['sample'] ?? 'auction');
  const replicas = wholeNumber('replicas', options['replicas'] ?? '3', 1, 15);
  return {
    sample,
    replicas,
    port: wholeNumber('port', options['port'] ?? '8081', 1, 65_536 - replicas),
    directory: join(options['data'] ?? '.data', sample),
    recover: yesOrNo('recover', options['recover'] ?? 'yes'),
    isNew: options['new'] !== undefined,
    joins: false,
    logLevel: logLevel(options['log-level'] ?? 'warn'),
  };
}

/** The process of replica `number`, counted from 1. */
export function replicaProcess(
  { sample, replicas, port, directory, recover, isNew, joins, logLevel }: Settings,
  number: number,
  queue: string,
): ReplicaProcess {
  const own = join(directory, `replica-${number}`);
  const args = ['--sample', sample, '--queue', queue, '--replicas', String(replicas), '--directory', own];
  return new ReplicaProcess({
    args: [
      ...args,
      ...['--port', String(port + number - 1), '--recover', recover ? 'yes' : 'no', '--new', isNew ? 'yes' : 'no'],
      ...['--join', joins ? 'yes' : 'no', '--log-level', logLevel],
    ],
    logFile: `${own}.log`,
    say: (line) => console.log(`replica ${number} ${line}`),
  });
}

/** Groups that run at one time have different HTTP ports, and therefore different queues. */
export function queueAddress({ sample, port }: Settings): string {
  return `239.255.0.${sampleNames.indexOf(sample) + 1}:${port}`;
}
