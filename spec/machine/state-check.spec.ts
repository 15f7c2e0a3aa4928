import { afterEach, describe, expect, it } from '@jest/globals';

import { Operation, operation, ReplicatedStateMachine, serializable, StateMachine } from '../../lib/index.js';
import { development } from '../../lib/model/development.js';
import { simulate } from '../../lib/simulation/index.js';
import { profileNames } from '../../lib/simulation/profiles.js';
import { MemoryLog } from '../support/memory-queue.js';

class Flag {
  constructor(readonly name: string) {}
}

@serializable('state-check.page')
class Page {
  constructor(readonly text: string) {}
}

class Flags extends StateMachine {
  readonly flags = new Map<string, unknown>();
  readonly pages: Page[] = [];
}

@operation('state-check.put')
class Put extends Operation<Flags> {
  constructor(readonly name: string) {
    super();
  }
  execute({ flags }: Flags): void {
    flags.set(this.name, new Flag(this.name));
  }
}

@operation('state-check.remove')
class Remove extends Operation<Flags> {
  constructor(readonly name: string) {
    super();
  }
  execute({ flags }: Flags): void {
    flags.delete(this.name);
  }
}

@operation('state-check.write')
class Write extends Operation<Flags, number> {
  constructor(readonly pages: number) {
    super();
  }
  execute({ pages }: Flags): number {
    for (let i = 0; i < this.pages; i += 1) pages.push(new Page('x'.repeat(1_000)));
    return pages.length;
  }
}

const machine = (): Promise<ReplicatedStateMachine<Flags>> =>
  ReplicatedStateMachine.create(new Flags(), new MemoryLog().queue());
const unregistered = {
  code: 'CLASS_NOT_REGISTERED',
  message: expect.stringMatching(
    /^Put has been executed, and the state cannot be saved any more.*Flags\.flags holds an instance of Flag, which is not registered/,
  ) as unknown,
};

afterEach(() => {
  development.isOn = true;
});

describe('A value that cannot be saved', () => {
  it('is found at the operation that brings it into the state, and is not the fault of those that follow', async () => {
    const flags = await machine();
    await expect(flags.execute(new Put('a'))).rejects.toMatchObject(unregistered);
    await expect(flags.execute(new Write(1))).resolves.toBe(1);
    await flags.execute(new Remove('a'));
    await expect(flags.execute(new Put('b'))).rejects.toMatchObject(unregistered);
    await flags.close();
  });

  it('is found in a large state too, at the first operations of a class', async () => {
    const flags = await machine();
    await flags.execute(new Write(100));
    await expect(flags.execute(new Put('a'))).rejects.toMatchObject(unregistered);
    await flags.close();
  });

  it('is not looked for in production', async () => {
    development.isOn = false;
    const flags = await machine();
    await expect(flags.execute(new Put('a'))).resolves.toBeUndefined();
    await flags.close();
  });

  it('is found by the simulator, also in production', async () => {
    development.isOn = false;
    const { failure } = await simulate({
      initialState: () => new Flags(),
      workload: async (client) => client.execute(new Put(`f${client.turn}`)),
      runs: 1,
      profiles: [profileNames[0]!],
      faultySeconds: 1,
    });
    expect(failure?.text).toMatch(/Flags\.flags holds an instance of Flag/);
  });
});
