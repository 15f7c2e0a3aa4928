/** Tells one process, or one thread of a process, from every other, and whether it still lives. */
import { closeSync, openSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { hostname } from 'node:os';

import { constants } from '../../model/constants.js';
import { journalFile } from '../journal/journal-file.js';

/** A process, described so that a later one with the same number differs, as far as the system tells. */
export interface OwnerProcess {
  readonly pid: number;
  /** When it started, in ticks since the boot; null where there is no /proc. */
  readonly startTime: string | null;
  readonly boot: string | null;
  /** In which a pid means a process; null where that is not known. */
  readonly pidNamespace: string | null;
  readonly host: string;
  /**
   * Refers to the ledger's directory for as long as the owner has it: a thread that is terminated leaves its process alive,
   * and loses its descriptors.
   */
  readonly descriptor: number;
}

/** This process, and this thread of it, from now on until `giveUp`. */
export function describeSelf(directory: string): OwnerProcess {
  return {
    pid: process.pid,
    startTime: readStat(process.pid)?.startTime ?? null,
    boot: readSystemFile('/proc/sys/kernel/random/boot_id'),
    pidNamespace: readLink('/proc/self/ns/pid'),
    host: hostname(),
    descriptor: openSync(directory, 'r'),
  };
}

export function giveUp({ descriptor }: OwnerProcess): void {
  closeSync(descriptor);
}

export function isThisProcess({ pid, startTime, pidNamespace }: OwnerProcess): boolean {
  return (
    pid === process.pid &&
    startTime === (readStat(process.pid)?.startTime ?? null) &&
    pidNamespace === readLink('/proc/self/ns/pid')
  );
}

/** Whether the owner of `directory` lives. Where the system tells too little, yes. */
export function isAlive(owner: OwnerProcess, directory: string): boolean {
  if (!isVisible(owner)) return isHeardOf(directory);
  if (!answersToSignals(owner.pid)) return false;
  const stat = readStat(owner.pid);
  if (stat === null) return true;
  // The parent of a zombie has yet to notice that it is dead.
  if (stat.startTime !== owner.startTime || stat.state === 'Z') return false;
  return refersTo(`/proc/${owner.pid}/fd/${owner.descriptor}`, directory);
}

/** Whether the number of the process means the same process here. */
export function isVisible({ boot, pidNamespace }: OwnerProcess): boolean {
  return boot === readSystemFile('/proc/sys/kernel/random/boot_id') && pidNamespace === readLink('/proc/self/ns/pid');
}

/**
 * Whether an owner that this process cannot see, in another container or on another machine, touches its journal. An owner
 * that has not done so for a while counts as dead. Where it has done so lately, this waits: it may have ended since.
 */
function isHeardOf(directory: string): boolean {
  const first = touchedMs(directory);
  if (first === null || Date.now() - first > constants.ownerSilenceMs) return false;
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let waited = 0; waited < constants.ownerSilenceMs; waited += WATCH_MS) {
    Atomics.wait(pause, 0, 0, WATCH_MS);
    if (touchedMs(directory) !== first) return true;
  }
  return false;
}

const WATCH_MS = 50;

function touchedMs(directory: string): number | null {
  return statSync(journalFile(directory), { throwIfNoEntry: false })?.mtimeMs ?? null;
}

/** Whether a descriptor, by its link in /proc, is one of `directory`. Where this process may not look at it, yes. */
function refersTo(link: string, directory: string): boolean {
  try {
    const [target, own] = [statSync(link), statSync(directory)];
    return target.ino === own.ino && target.dev === own.dev;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
}

function answersToSignals(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function readStat(pid: number): { readonly state: string | undefined; readonly startTime: string | undefined } | null {
  const stat = readSystemFile(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // The second field is the program's name in parentheses, which may contain anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0], startTime: fields[19] };
}

function readSystemFile(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}

function readLink(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}
