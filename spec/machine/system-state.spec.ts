import { describe, expect, it } from '@jest/globals';

import { Replica } from '../../lib/machine/replica.js';
import { PROBE_MESSAGE, SystemOperation } from '../../lib/machine/system-operation.js';
import { SystemState } from '../../lib/machine/system-state.js';
import { Ticket } from '../../lib/machine/ticket.js';
import type { Position, ProcessId } from '../../lib/model/ids.js';
import { MessageHead } from '../../lib/queue/message-head.js';
import { encode } from '../../lib/serialization/codec.js';
import { register } from '../../lib/serialization/registry.js';
import { Append, Journal } from '../programs/journal.js';

/** Returns what the system state says before it, and what its context says. */
class Look extends SystemOperation {
  execute({ operations, systemOperations }: SystemState, { position, time }: { position: number; time: number }) {
    return { operations, systemOperations, position, time };
  }
}
register(Look, 'treplica.spec.look');

class Spoil extends SystemOperation {
  execute(system: SystemState): void {
    Object.assign(system, { odd: () => 0 });
  }
}
register(Spoil, 'treplica.spec.spoil');

class Subject {
  readonly replica = new Replica(new Journal(), () => undefined);
  position = 0;

  deliver(...messages: Uint8Array[]): Ticket[] {
    const tickets = messages.map(() => new Ticket(new Look()));
    this.replica.deliver({
      position: this.position as Position,
      origin: 'aaaaaaaaaaaaaaaa' as ProcessId,
      proposedAtMs: 1_000 + this.position,
      messages: messages.map((message) => Buffer.from(message)),
      tickets,
    });
    this.position += messages.length;
    return tickets;
  }

  get pieces(): Buffer[] {
    return Array.from(this.replica.keeper.save(), (piece) => Buffer.from(piece));
  }

  restore(pieces: readonly Uint8Array[]): this {
    const sink = this.replica.keeper.restore(0 as Position);
    for (const piece of pieces) sink.push(piece);
    sink.finish();
    return this;
  }
}

const append = (entry: string): Buffer => encode(new Append(entry), MessageHead.operation);
const look = encode(new Look(), MessageHead.systemOperation);

describe('The system state', () => {
  it('is changed by system operations in one order with those of the application', async () => {
    const subject = new Subject();
    const raw = Buffer.of(MessageHead.raw);
    const tickets = subject.deliver(append('a'), PROBE_MESSAGE, raw, append('b'), look);
    await expect(tickets[4]!.promise).resolves.toEqual({
      operations: 2,
      systemOperations: 1,
      position: 4,
      time: 1_000,
    });
    expect(subject.replica.system).toEqual({ operations: 2, systemOperations: 2 });
    expect(subject.replica.state.entries).toEqual(['a', 'b']);
  });

  it('is saved and restored with the application’s', () => {
    const through = new Subject();
    through.deliver(append('a'), PROBE_MESSAGE, PROBE_MESSAGE);
    const restored = new Subject().restore(through.pieces);
    expect(restored.replica.system).toEqual({ operations: 1, systemOperations: 2 });
    expect(restored.replica.system).toBeInstanceOf(SystemState);
    restored.position = through.position;
    for (const subject of [through, restored]) subject.deliver(append('b'), look);
    expect(restored.pieces).toEqual(through.pieces);
    expect(restored.replica.state).toEqual(through.replica.state);
  });

  it('tells checkpoints apart that differ in nothing else', () => {
    const [one, other] = [new Subject(), new Subject()];
    one.deliver(append('a'), PROBE_MESSAGE);
    other.deliver(append('a'), Buffer.of(MessageHead.raw));
    expect(other.replica.state).toEqual(one.replica.state);
    expect(other.pieces[0]).toEqual(one.pieces[0]);
    expect(Buffer.concat(other.pieces)).not.toEqual(Buffer.concat(one.pieces));
  });

  it('stays until all of another one is there', () => {
    const subject = new Subject();
    subject.deliver(PROBE_MESSAGE);
    const { system } = subject.replica;
    const sink = subject.replica.keeper.restore(0 as Position);
    const { pieces } = new Subject();
    for (const piece of pieces.slice(0, -1)) sink.push(piece);
    expect(() => sink.finish()).toThrow(expect.objectContaining({ code: 'MALFORMED_BYTES' }));
    expect(subject.replica.system).toBe(system);
  });

  it('is looked at, in development, when an operation has brought something into it that cannot be saved', async () => {
    const [ticket] = new Subject().deliver(encode(new Spoil(), MessageHead.systemOperation));
    await expect(ticket!.promise).rejects.toMatchObject({
      code: 'NOT_SERIALIZABLE',
      message: expect.stringMatching(/^Spoil has been executed.*treplica\.SystemState\.odd holds a function/),
    });
  });
});

describe('A system operation', () => {
  it.each<[string, Uint8Array, string]>([
    ['is an operation of the application', encode(new Append('x'), MessageHead.systemOperation), 'MALFORMED_BYTES'],
    ['is called one of the application', encode(new Look(), MessageHead.operation), 'MALFORMED_BYTES'],
    ['has a name that this release does not know', unknown(), 'CLASS_NOT_REGISTERED'],
  ])('that %s stops the replica', (_, message, code) => {
    expect(() => new Subject().deliver(message)).toThrow(expect.objectContaining({ code }));
  });
});

function unknown(): Buffer {
  return Buffer.from(look.toString('latin1').replace('spec.look', 'spec.lock'), 'latin1');
}

describe('The head of a saved state', () => {
  const { pieces } = new Subject();
  const [head, ...rest] = pieces as [Buffer, ...Buffer[]];
  const changed = (at: number, byte: number): Buffer[] => {
    const copy = Buffer.from(head);
    copy[at] = byte;
    return [copy, ...rest];
  };

  it('says its version, the decided time and which parts follow', () => {
    const subject = new Subject();
    subject.deliver(PROBE_MESSAGE);
    expect(subject.pieces[0]!.toString('hex')).toBe('545245505 34d02408f400000000000020102'.replace(' ', ''));
  });

  it.each<[string, number, readonly Buffer[]]>([
    ['an earlier release, which had the time alone', 1, [Buffer.alloc(8), ...rest]],
    ['a later release', 3, changed(6, 3)],
  ])('of %s is refused by its version', (_, version, foreign) => {
    expect(() => new Subject().restore(foreign)).toThrow(
      expect.objectContaining({
        code: 'LEDGER_VERSION',
        message: expect.stringContaining(`format version ${version}, and this Treplica reads 2`),
      }),
    );
  });

  it.each<[string, readonly Buffer[]]>([
    ['another beginning', changed(0, 0)],
    ['another number of parts', changed(15, 1)],
    ['a part of an unknown kind', changed(17, 3)],
    ['the parts in another order', [...changed(16, 2).slice(0, 1), ...rest]],
    ['nothing in it', [Buffer.alloc(0), ...rest]],
    ['more behind it', [Buffer.concat([head, Buffer.of(0)]), ...rest]],
  ])('with %s is refused', (_, foreign) => {
    expect(() => new Subject().restore(foreign)).toThrow(expect.objectContaining({ code: 'MALFORMED_BYTES' }));
  });
});
