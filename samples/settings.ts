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
  /** Whether the replicas meet at addresses, and not by multicast. */
  readonly isUnicast: boolean;
  /** With the keys under which the replicas speak; undefined for none. */
  readonly keyFile: string | undefined;
  readonly logLevel: string;
}

/** @throws UsageError */
export function settingsOf(args: readonly string[]): Settings | 'help' {
  const options = parseOptions(
    args,
    ['sample', 'replicas', 'port', 'data', 'recover', 'key-file', 'log-level'],
    ['new', 'unicast'],
  );
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
    isUnicast: options['unicast'] !== undefined,
    keyFile: options['key-file'],
    logLevel: logLevel(options['log-level'] ?? 'warn'),
  };
}

/** The process of replica `number`, counted from 1. */
export function replicaProcess(settings: Settings, number: number): ReplicaProcess {
  const { sample, replicas, port, directory, recover, isNew, joins, isUnicast, keyFile, logLevel } = settings;
  const own = join(directory, `replica-${number}`);
  const yes = (is: boolean): string => (is ? 'yes' : 'no');
  const options = {
    sample,
    queue: queueOf(settings),
    replicas: String(replicas),
    directory: own,
    port: String(port + number - 1),
    recover: yes(recover),
    new: yes(isNew),
    join: yes(joins),
    'log-level': logLevel,
    ...(keyFile === undefined ? {} : { keys: keyFile }),
    ...(isUnicast ? { listen: addressOf(port, number), peers: foundersOf(settings).join() } : {}),
  };
  return new ReplicaProcess({
    args: Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]),
    logFile: `${own}.log`,
    say: (line) => console.log(`replica ${number} ${line}`),
  });
}

/** Groups that run at one time have different HTTP ports, and therefore different queues. */
export function queueOf({ sample, port, isUnicast }: Settings): string {
  return isUnicast ? `${sample}-${port}` : `239.255.0.${sampleNames.indexOf(sample) + 1}:${port}`;
}

/** So far from its HTTP port is the port at which a replica is reached by others. */
const portsApart = 10_000;

function addressOf(firstPort: number, number: number): string {
  const port = firstPort + number - 1;
  return `127.0.0.1:${port + portsApart <= 65_535 ? port + portsApart : port - portsApart}`;
}

/** A replica that joins knocks at these: they know the others. */
function foundersOf({ port, replicas }: Settings): string[] {
  return Array.from({ length: replicas }, (_, index) => addressOf(port, index + 1));
}
