import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { AsynchronousPersistentQueue } from '../../lib/index.js';
import { journalFile } from '../../lib/ledger/journal/journal-file.js';
import { rejection, silent } from '../support/queue-group.js';
import { soon } from '../support/soon.js';
import { newQueueId } from '../support/udp-testbed.js';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'treplica-vanished-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
  rmSync(`${directory}-copy`, { recursive: true, force: true });
});

const VANISHED = { code: 'LEDGER_FAILED', message: expect.stringMatching('has been (removed|replaced by another)') };

/** Resolves when nothing has been written for longer than anything is put off. */
async function idle(): Promise<void> {
  let last = { journal: readFileSync(journalFile(directory)), at: Date.now() };
  await soon(() => {
    const journal = readFileSync(journalFile(directory));
    if (!journal.equals(last.journal)) last = { journal, at: Date.now() };
    expect(Date.now() - last.at).toBeGreaterThan(1_500);
  });
}

describe('a directory that goes while nothing is written', () => {
  it.each<[string, () => void]>([
    ['removed', () => rmSync(directory, { recursive: true })],
    [
      'replaced by a copy',
      () => {
        cpSync(directory, `${directory}-copy`, { recursive: true, filter: (path) => !path.endsWith('.sock') });
        rmSync(directory, { recursive: true });
        renameSync(`${directory}-copy`, directory);
      },
    ],
  ])('%s, stops the queue by itself', async (_how, vanish) => {
    const queue = await AsynchronousPersistentQueue.create(await newQueueId(), { directory, replicas: 1, log: silent });
    await queue.put(Buffer.from('x'));
    await idle();
    vanish();
    expect(await rejection(queue.closed)).toMatchObject(VANISHED);
    expect(await rejection(queue.put(Buffer.from('y')))).toMatchObject({ code: 'QUEUE_CLOSED' });
  });

  it('stops a process, too, that waits for founders and has nothing to write at all', async () => {
    const founding = AsynchronousPersistentQueue.create(await newQueueId(), { directory, replicas: 3, log: silent });
    const refused = rejection(founding);
    await idle();
    rmSync(directory, { recursive: true });
    expect(await refused).toMatchObject(VANISHED);
  });
});
