import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import * as ours from '../../lib/index.js';
import { MemoryLog } from '../support/memory-queue.js';

const ROOT = join(import.meta.dirname, '../..');

/** As a package has it that brings a Treplica of its own. */
describe('A second copy of the library in one process', () => {
  let folder: string;
  let theirs: typeof ours;
  let bothPlaces: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'treplica-copy-'));
    cpSync(join(ROOT, 'dist/lib'), join(folder, 'lib'), { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const copy = pathToFileURL(folder).href;
    theirs = (await import(`${copy}/lib/index.js`)) as typeof ours;
    bothPlaces = `This process has two copies of Treplica, one from ${copy} and one from ${pathToFileURL(ROOT).href}, which`;
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  class Counters extends ours.StateMachine {
    count = 0;
  }

  async function refusalOf(operation: object): Promise<unknown> {
    const machine = await ours.ReplicatedStateMachine.create(new Counters(), new MemoryLog().queue());
    const outcome = machine.execute(operation as ours.Operation<Counters>).catch((error: unknown) => error);
    const error = await outcome;
    await machine.close();
    return error;
  }

  it('is named where an operation belongs to it', async () => {
    class Add extends theirs.Operation<Counters, number> {
      execute(state: Counters): number {
        return (state.count += 1);
      }
    }
    theirs.operation('two-copies.add')(Add);
    const message = `Add was not submitted: it is an operation of another copy of Treplica. ${bothPlaces}`;
    expect(await refusalOf(new Add())).toMatchObject({
      code: 'TWO_COPIES',
      message: expect.stringContaining(message) as unknown,
    });
  });

  it('is named where it has registered what an operation holds', async () => {
    class Item {
      readonly title = 'lamp';
    }
    theirs.serializable('two-copies.item')(Item);
    class Sell extends ours.Operation<Counters> {
      readonly item = new Item();
      execute(): void {
        // Not called.
      }
    }
    ours.operation('two-copies.sell')(Sell);
    const message = `Sell.item holds an instance of Item, which is registered with another copy of Treplica. ${bothPlaces}`;
    expect(await refusalOf(new Sell())).toMatchObject({
      code: 'TWO_COPIES',
      message: expect.stringContaining(message) as unknown,
    });
  });

  it('is named where a class of it is registered as an operation of this one', () => {
    class Remove extends theirs.Operation<Counters> {
      execute(): void {
        // Not called.
      }
    }
    const register = (): void => {
      ours.operation('two-copies.remove')(Remove);
    };
    expect(register).toThrow(bothPlaces);
    expect(register).toThrow(expect.objectContaining({ code: 'TWO_COPIES' }));
  });
});
