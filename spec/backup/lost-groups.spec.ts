import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { BackupInput } from '../../lib/backup/backup-input.js';
import { LostGroup } from '../../lib/backup/recover-group.js';
import type { LedgerReader } from '../../lib/ledger/inspection.js';
import type { Batch } from '../../lib/model/batch.js';
import { earlierOf, type Instance } from '../../lib/model/ids.js';
import { MESSAGE_HEAD_BYTES } from '../../lib/queue/message-head.js';
import { BEGINNING_STATE, Cursor } from '../../lib/sequence/cursor.js';
import { decode } from '../../lib/serialization/codec.js';
import { Append } from '../programs/journal.js';
import { repetitions } from '../support/repetitions.js';
import { type JournalProcess, SimulatedGroup } from '../support/simulated-group.js';

const SEEDS = repetitions(5, 60);

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'treplica-lost-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** The ledger that is left of a process that has crashed. */
function left({ disk, name }: JournalProcess) {
  const ledger = disk.open('journal');
  const reader: LedgerReader = {
    queues: ['journal'],
    queueId: 'journal',
    checkpoints: ledger.checkpoints,
    load: () => ledger.load(),
    read: (from, to, maxBytes) => ledger.read(from, earlierOf(to, ledger.load().watermark), maxBytes),
    close: () => ledger.close(),
  };
  const past = reader.load();
  if (past.identity === null || past.group === null) throw new Error(`${name} has belonged to no group`);
  return { directory: name, reader, past, process: past.identity.process, group: past.group };
}

function lostGroup(processes: readonly JournalProcess[]): LostGroup {
  const ledgers = processes.map(left);
  const close = async (): Promise<void> => {
    for (const { reader } of ledgers) await reader.close();
  };
  return new LostGroup({ ledgers, damages: [], assertUnused: () => undefined, close });
}

/** What a group that begins from the backup has appended already. */
async function entriesIn(file: string): Promise<string[]> {
  const input = await BackupInput.open(file);
  const cursor = new Cursor(BEGINNING_STATE, { positions: Infinity, bytes: Infinity });
  const entries: string[] = [];
  for await (const { batches } of input.entries()) for (const batch of batches) entries.push(...pass(cursor, batch));
  await input.close();
  return entries;
}

function pass(cursor: Cursor, batch: Batch): string[] {
  return cursor
    .pass(cursor.next, batch)
    .flatMap(({ messages }) => messages.map((message) => decode(message, MESSAGE_HEAD_BYTES)))
    .flatMap((operation) => (operation instanceof Append ? [operation.entry] : []));
}

/** A group that runs for a while, in which processes crash and come back, and at last all at once. */
async function ruins(seed: number): Promise<SimulatedGroup> {
  const mode = (['classic', 'fast', 'adaptive'] as const)[seed % 3]!;
  const group = await SimulatedGroup.started({ seed, mode, n: 3 + (seed % 3), callers: 2 });
  const { random } = group.world;
  for (let fault = 0; fault < 3; fault += 1) {
    await group.pass(10 + random.below(60));
    const process = group.process(random.below(group.processes.length));
    process.crash();
    if (random.chance(0.7)) process.start();
  }
  await group.pass(10 + random.below(60));
  for (const process of group.processes) process.crash();
  return group;
}

async function recovered(processes: readonly JournalProcess[], name: string) {
  const lost = lostGroup(processes);
  const file = join(directory, name);
  try {
    await lost.write(file);
    return { plan: lost.plan, entries: await entriesIn(file) };
  } finally {
    await lost.close();
  }
}

function missingIn(entries: readonly string[], acknowledged: readonly string[]): string[] {
  const there = new Set(entries);
  return acknowledged.filter((entry) => !there.has(entry));
}

describe('a group of which all processes have crashed', () => {
  it('keeps all that it acknowledged wherever the ledgers that are left are said to be enough', async () => {
    let [enough, tooFew, told] = [0, 0, 0];
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const { processes, acknowledged, world } = await ruins(seed);
      told += acknowledged.length;
      const whole = await recovered(processes, `${seed}-all.backup`);
      expect(whole.plan.isComplete).toBe(true);
      expect(new Set(whole.entries).size).toBe(whole.entries.length);
      expect([seed, missingIn(whole.entries, acknowledged)]).toEqual([seed, []]);
      for (const count of [1, 2, 3]) {
        const { plan, entries } = await recovered(world.random.sample(processes, count), `${seed}-${count}.backup`);
        if (2 * count > processes.length) expect(plan.isComplete).toBe(true);
        if (plan.isComplete) expect([seed, count, missingIn(entries, acknowledged)]).toEqual([seed, count, []]);
        if (plan.isComplete) enough += 1;
        else tooFew += 1;
      }
    }
    expect(told).toBeGreaterThan(10 * SEEDS);
    expect(enough).toBeGreaterThan(SEEDS);
    expect(tooFew).toBeGreaterThan(SEEDS / 2);
  }, 600_000);
});

/** One bit of the entry at this instance is not what was written. */
function spoil({ disk }: JournalProcess, instance: number): void {
  const { entries } = disk.file('journal');
  const bytes = Buffer.from(entries.get(instance as Instance) ?? []);
  bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
  entries.set(instance as Instance, bytes);
}

describe('a decided entry that is damaged', () => {
  it('is taken from another ledger, and nothing is written where none has it', async () => {
    const { processes } = await ruins(2);
    const whole = await recovered(processes, 'whole.backup');
    const [first, ...others] = processes;
    for (const process of others) spoil(process, 3);
    const mended = await recovered([...others, first!], 'mended.backup');
    expect(mended.entries).toEqual(whole.entries);
    expect(mended.plan.damages).toEqual(others.map(({ name }) => expect.stringContaining(`Directory ${name}: `)));
    spoil(first!, 3);
    await expect(recovered(processes, 'none.backup')).rejects.toMatchObject({
      code: 'LEDGER_DAMAGED',
      message: expect.stringContaining('What was decided at instance'),
    });
    expect(readdirSync(directory).sort()).toEqual(['mended.backup', 'whole.backup']);
  });
});
