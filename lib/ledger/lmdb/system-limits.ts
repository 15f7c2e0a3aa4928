/** The limits that the system sets to this process. Where there is no /proc, none is known. */
import { readFileSync } from 'node:fs';

/** A limit of this process, in bytes; Infinity where there is none. */
export function limitOf(resource: 'address space' | 'file size'): number {
  const line = new RegExp(`^Max ${resource} +(\\S+)`, 'm').exec(read('/proc/self/limits'));
  const bytes = Number(line?.[1]);
  return Number.isNaN(bytes) ? Infinity : bytes;
}

/** The address space that this process uses, in bytes; 0 where that is not known. */
export function addressSpaceInUse(): number {
  const kilobytes = /^VmSize:\s+(\d+) kB/m.exec(read('/proc/self/status'))?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
