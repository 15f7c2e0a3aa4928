import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import {
  type AsynchronousPersistentQueue,
  type ErrorCode,
  Operation,
  operation,
  ReplicatedStateMachine,
  TreplicaError,
} from '../../lib/index.js';
import { MessageHead } from '../../lib/queue/message-head.js';
import { encode } from '../../lib/serialization/codec.js';
import { Append, Journal } from '../programs/journal.js';
import { QueueGroup, rejection } from '../support/queue-group.js';

class Unregistered extends Operation<Journal> {
  execute(): void {}
}

@operation('bad-operations.with-anything')
class WithAnything extends Operation<Journal> {
  constructor(readonly anything: unknown) {
    super();
  }

  execute(): void {}
}

@operation('bad-operations.later')
class Later extends Operation<Journal, unknown> {
  execute(): unknown {
    return Promise.reject(new Error('later'));
  }
}

function refusal(action: () => unknown): Promise<Error> {
  return rejection(new Promise((resolve) => resolve(action())));
}

let group: QueueGroup;
let machines: ReplicatedStateMachine<Journal>[];

beforeEach(async () => {
  group = await QueueGroup.open(2);
  machines = await Promise.all(group.queues.map((queue) => ReplicatedStateMachine.create(new Journal(), queue)));
});

afterEach(() => group.remove());

/** Expects an error that names all of these, and that the group goes on as if nothing had been. */
async function refused(error: Error, code: ErrorCode, names: readonly string[]): Promise<void> {
  expect(error).toBeInstanceOf(TreplicaError);
  expect(error).toMatchObject({ code });
  for (const name of names) expect(error.message).toContain(name);
  expect(await machines[1]!.execute(new Append('afterwards'))).toBe(0);
  for (const machine of machines) expect(await machine.read(({ entries }) => entries)).toEqual(['afterwards']);
}

describe('an operation', () => {
  it('whose class is not registered is refused', async () => {
    const error = await rejection(machines[0]!.execute(new Unregistered()));
    await refused(error, 'CLASS_NOT_REGISTERED', ['Unregistered', '@operation']);
  });

  it('whose name is taken is refused at its registration', async () => {
    class Another extends Unregistered {}
    const error = await refusal(() => operation('journal.append')(Another));
    await refused(error, 'CLASS_REGISTERED_TWICE', ["'journal.append'", 'Append', 'Another', 'another name']);
  });

  it.each([
    ['a function', () => undefined, 'hold data instead'],
    ['an instance of Promise', Promise.resolve(), 'Hold data instead'],
    ['an instance of Unregistered', new Unregistered(), '@operation'],
  ])('that holds %s is refused', async (what, anything, remedy) => {
    const error = await rejection(machines[0]!.execute(new WithAnything(anything)));
    const code = anything instanceof Unregistered ? 'CLASS_NOT_REGISTERED' : 'NOT_SERIALIZABLE';
    await refused(error, code, ['WithAnything', 'anything', what, remedy]);
  });

  it('that is asynchronous is refused at its registration', async () => {
    class Slow extends Operation<Journal, Promise<void>> {
      async execute(): Promise<void> {}
    }
    const error = await refusal(() => operation('bad-operations.slow')(Slow));
    await refused(error, 'OPERATION_ASYNCHRONOUS', ['Slow', "'bad-operations.slow'", 'AsyncFunction']);
  });

  it('that returns a promise is refused when it is executed', async () => {
    const error = await rejection(machines[0]!.execute(new Later()));
    await refused(error, 'OPERATION_ASYNCHRONOUS', ['Later.execute', 'Make execute synchronous']);
  });
});

describe('a queue that a machine is bound to', () => {
  it.each([
    ['put', (queue: AsynchronousPersistentQueue) => queue.put('text')],
    ['submit', async (queue: AsynchronousPersistentQueue) => queue.submit(encode('text'), null)],
    ['get', (queue: AsynchronousPersistentQueue) => queue.get()],
    ['a second machine', (queue: AsynchronousPersistentQueue) => ReplicatedStateMachine.create(new Journal(), queue)],
  ])('refuses %s at once, and the machines go on', async (_, use) => {
    await refused(await rejection(use(group.queue(0))), 'QUEUE_BOUND', ['bound']);
    await group.closeAll();
    await group.reopen();
    machines = await Promise.all(group.queues.map((queue) => ReplicatedStateMachine.create(new Journal(), queue)));
    for (const machine of machines) expect(await machine.read(({ entries }) => entries)).toEqual(['afterwards']);
  });
});

describe('an operation in the log that this process cannot execute', () => {
  const operationOf = (value: unknown): Buffer => encode(value, MessageHead.operation);
  const unknown = Buffer.from(operationOf(new Append('x')).toString('latin1').replace('journal.append', 'journal.strike'), 'latin1'); // prettier-ignore

  it.each<[string, Buffer, ErrorCode, string]>([
    ['anything at all', Buffer.of(MessageHead.operation, 1, 2, 3), 'MALFORMED_BYTES', 'not written by this version'],
    ['a value', operationOf('text'), 'MALFORMED_BYTES', 'and is none'],
    ['of a class that is not loaded', unknown, 'CLASS_NOT_REGISTERED', "'journal.strike'"],
    ['of a later release', Buffer.of(0x22, 1), 'MESSAGE_VERSION', 'run a release that knows it'],
  ])(
    '(%s), submitted where no machine is bound, stops every machine with an error that says so, again and again, and is kept',
    async (_, message, code, name) => {
      const says = { code, message: expect.stringContaining(name) };
      await group.close(0);
      await group.reopen([0]); // Bound to nothing here, it takes anything.
      const closed = rejection(group.queue(1).closed);
      expect(group.queue(0).submit(message, undefined)).toBeUndefined();
      expect(await group.put(0, 'behind it')).toMatchObject({ position: 1 });
      expect(await closed).toMatchObject(says);
      expect(await rejection(ReplicatedStateMachine.create(new Journal(), group.queue(0)))).toMatchObject(says);
      await group.close(0);
      await group.reopen();
      for (let i = 0; i < 3; i += 1) await group.put(0, 'later');
      if (code === 'MESSAGE_VERSION') expect(await rejection(group.queue(1).get())).toMatchObject(says);
      expect(await group.queue(1).get()).toMatchObject({ position: 1, message: Buffer.from('behind it') });
      await group.closeAll();
      await group.reopen();
      for (const queue of group.queues)
        expect(await rejection(ReplicatedStateMachine.create(new Journal(), queue))).toMatchObject(says);
    },
  );
});

describe('messages that are no operations', () => {
  it('are passed over by every machine, at every start', async () => {
    await group.close(0);
    await group.reopen([0]); // Bound to nothing here, it takes anything.
    await group.queue(0).put(Buffer.of(1));
    await group.queue(0).put(new Append('a value'));
    expect(group.queue(0).submit(Buffer.alloc(0), undefined)).toBeUndefined();
    await group.queue(0).put('after them');
    for (let start = 0; start < 2; start += 1) {
      await group.closeAll();
      await group.reopen();
      machines = await Promise.all(group.queues.map((queue) => ReplicatedStateMachine.create(new Journal(), queue)));
      await machines[0]!.execute(new Append(`start ${start}`));
    }
    for (const machine of machines)
      expect(await machine.read(({ entries }) => entries)).toEqual(['start 0', 'start 1']);
  });
});
