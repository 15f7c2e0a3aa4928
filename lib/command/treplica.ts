#!/usr/bin/env node
/**
 * The command `treplica`: backups of a replica, a new group of what is left of one, a look into a ledger, and what operators ask of
 * a running process.
 */
import { readFile } from 'node:fs/promises';

import { restoreBackup } from '../backup/restore-backup.js';
import { takeBackup } from '../backup/take-backup.js';
import { TreplicaError } from '../model/errors.js';
import { checkQueueName } from '../transport/udp/rendezvous.js';
import { type Arguments, readArguments, USAGE, UsageError } from './arguments.js';
import { reportDirectory, verifyDirectory } from './ledger-directory.js';
import { addKey } from './new-key.js';
import { showBackup, showDirectory, showNewKey, showRestore, showVerification } from './print.js';
import { showChange, showKeys, showMembers, showStatus } from './print-running.js';
import { recoverGroup } from './recover-group.js';
import { changeKeysIn, changeMembersIn, keysIn, membersIn, statusIn } from './running-process.js';

interface Answer {
  readonly facts: object;
  readonly text: string;
  readonly isSound: boolean;
}

async function answerTo({ task, queueId }: Arguments): Promise<Answer> {
  switch (task.kind) {
    case 'help':
      return { facts: { usage: USAGE }, text: USAGE, isSound: true };
    case 'version': {
      const version = await versionOf();
      return { facts: { version }, text: version, isSound: true };
    }
    case 'backup': {
      const facts = await takeBackup(task.directory, queueId, task.file);
      return { facts, text: showBackup(facts), isSound: true };
    }
    case 'restore': {
      if (queueId !== undefined) checkQueueName(queueId);
      const facts = await restoreBackup(task.file, task.directory, queueId);
      return { facts, text: showRestore(facts), isSound: true };
    }
    case 'recover-group':
      return recoverGroup(task, queueId);
    case 'members': {
      const facts = await membersIn(task.directory, queueId);
      return { facts, text: showMembers(facts), isSound: true };
    }
    case 'status': {
      const facts = await statusIn(task.directory, queueId);
      return { facts, text: showStatus(facts), isSound: true };
    }
    case 'keys': {
      const facts = await keysIn(task.directory, queueId);
      return { facts, text: showKeys(facts.queues), isSound: true };
    }
    case 'use-key':
    case 'remove-key': {
      const facts = await changeKeysIn(task.directory, queueId, task);
      return { facts, text: showKeys([facts]), isSound: true };
    }
    case 'new-key': {
      const facts = await addKey(task.file);
      return { facts, text: showNewKey(facts), isSound: true };
    }
    case 'change': {
      const facts = await changeMembersIn(task.directory, queueId, task.change, task.force);
      return { facts, text: showChange(facts), isSound: true };
    }
    case 'show': {
      const facts = await reportDirectory(task.directory, queueId);
      const damages = [...facts.damages, ...facts.queues.flatMap((queue) => queue.damages)];
      return { facts, text: showDirectory(facts), isSound: damages.length === 0 };
    }
    case 'verify': {
      const facts = await verifyDirectory(task.directory, queueId);
      return { facts, text: showVerification(facts), isSound: facts.findings.length === 0 };
    }
  }
}

/** The version of the package that this file belongs to: the built file is three directories below. */
async function versionOf(): Promise<string> {
  const text = await readFile(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}

/** A reader that has seen enough, such as `head`, closes the pipe. */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
}

async function main(): Promise<number> {
  try {
    const asked = readArguments(process.argv.slice(2));
    const { facts, text, isSound } = await answerTo(asked);
    process.stdout.write(`${asked.json ? JSON.stringify(facts, null, 2) : text}\n`);
    return isSound ? 0 : 1;
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`treplica: ${error.message} treplica --help says what there is.\n`);
      return 2;
    }
    const code = error instanceof TreplicaError ? error.code : ((error as NodeJS.ErrnoException).code ?? 'FAILED');
    process.stderr.write(`treplica: ${code}: ${(error as Error).message}\n`);
    return code === 'INVALID_OPTION' || code === 'NOT_MULTICAST' ? 2 : 1;
  }
}

process.stdout.on('error', endWithReader);
process.stderr.on('error', endWithReader);
process.exitCode = await main();
