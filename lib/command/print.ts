/** The output for people: lines of names and values, aligned. */
import type { RestoreSummary } from '../backup/restore-backup.js';
import type { BackupSummary } from '../backup/take-backup.js';
import type { DirectoryReport, DirectoryVerification } from './ledger-directory.js';
import type { QueueReport } from './ledger-report.js';
import type { NewKey } from './new-key.js';
import type { Finding } from './verification.js';

export type Row = readonly [name: string, value: string];

export function showBackup({ file, queueId, position, watermark, bytes, digest }: BackupSummary): string {
  return table([
    ['backup', file],
    ['queue', queueId],
    ['holds', `${count(position)} messages, instances below ${watermark}`],
    ['size', size(bytes)],
    ['digest', digest],
  ]);
}

export function showRestore({ directory, queueId, position, watermark, digest }: RestoreSummary): string {
  return table([
    ['restored', directory],
    ['queue', queueId],
    ['holds', `${count(position)} messages, instances below ${watermark}`],
    ['digest', digest],
    ['next', 'restore the other processes from the same backup, each into a directory of its own, and start them all'],
  ]);
}

export function showNewKey({ file, id, isNewFile }: NewKey): string {
  const next = isNewFile
    ? 'copy the file to each machine of the group, and start every process with it as the option keys'
    : `copy the file to each machine of the group, and then: treplica keys use DIR ${String(id)}`;
  return table([
    ['keys', file],
    [isNewFile ? 'made' : 'added', `key ${String(id)}`],
    ['next', next],
  ]);
}

export function showDirectory(report: DirectoryReport): string {
  const { directory, owner, dataBytes, checkpointBytes, setAside, queues } = report;
  const rows: Row[] = [
    ['directory', directory],
    ['process', owner === null ? 'no process runs on it' : `${owner.pid}, ${owner.isAlive ? 'running' : 'gone'}`],
    ['on disk', `${size(dataBytes)} records, ${size(checkpointBytes)} checkpoints`],
    ...setAside.map((name): Row => ['set aside', name]),
    ...report.damages.map((what): Row => ['damage', what]),
  ];
  return [table(rows), ...queues.map((queue) => table(rowsOf(queue)))].join('\n\n');
}

function rowsOf(report: QueueReport): Row[] {
  const { queueId, identity, part, group, base, views, promise, checkpoint, log, position, damages } = report;
  return [
    ['queue', queueId],
    ['identity', identity === null ? 'none yet' : `${identity.process}, started ${count(identity.incarnation)} times`],
    ['part', part],
    ['group', group ?? 'none yet'],
    ...(base === null ? [] : [['begun from', `backup ${base.digest}, at instance ${base.from}`] as const]),
    ...views.map(({ number, from, members }): Row => [`view ${number}`, `from ${from}: ${members.join(' ')}`]),
    ['promise', promise ?? 'none'],
    ['watermark', String(log.watermark)],
    ['position', position === null ? 'unknown' : count(position)],
    [
      'log',
      `from ${log.start}, ${size(log.bytes)} in ${log.segments} segments, ${log.votes} votes beyond the watermark`,
    ],
    ['checkpoint', checkpoint === null ? 'none' : showCheckpoint(checkpoint)],
    ...damages.map((what): Row => ['damage', what]),
  ];
}

function showCheckpoint({ next, position, chunks, bytes, digest }: NonNullable<QueueReport['checkpoint']>): string {
  return `below ${next}, ${count(position)} messages, ${size(bytes)} in ${chunks} chunks, ${digest}`;
}

export function showVerification({ directory, pages, queues, findings }: DirectoryVerification): string {
  const rows: Row[] = [
    ['directory', directory],
    ['data file', PAGES[pages]],
    ...queues.map(({ queueId, entries, votes, chunks }): Row => [
      'queue',
      `${queueId}: ${count(entries)} decided entries, ${count(votes)} votes, ${count(chunks)} chunks of the checkpoint are sound`,
    ]),
    ['found', findings.length === 0 ? 'no damage' : `${findings.length} damaged`],
    ...findings.map(({ remedy, what }): Row => [REMEDIES[remedy], what]),
  ];
  return table(rows);
}

const PAGES: Readonly<Record<DirectoryVerification['pages'], string>> = {
  sound: 'every page is sound',
  damaged: 'damaged: nothing in it was read',
  'not read': 'its pages were not examined, because a process runs on it',
};

const REMEDIES: Readonly<Record<Finding['remedy'], string>> = {
  peers: 'mended by peers',
  'new id': 'means a new id',
};

/** Lines of a name and a value, aligned. */
export function table(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}

export function count(number: number): string {
  return number.toLocaleString('en-US');
}

export function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** power).toFixed(1)} ${String(units[power - 1])}`;
}
