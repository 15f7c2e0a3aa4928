import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { MachineKeeper } from '../../lib/machine/machine-keeper.js';
import { Replica } from '../../lib/machine/replica.js';
import { StateMachine } from '../../lib/machine/state-machine.js';
import { SystemState } from '../../lib/machine/system-state.js';
import { Ticket } from '../../lib/machine/ticket.js';
import { UnknownOutcomeError } from '../../lib/model/errors.js';
import type { Position, ProcessId } from '../../lib/model/ids.js';
import { MessageHead } from '../../lib/queue/message-head.js';
import { encode } from '../../lib/serialization/codec.js';
import { Append, Begin, Journal, Note } from '../programs/journal.js';

const ORIGIN = 'aaaaaaaaaaaaaaaa' as ProcessId;

interface Step {
  readonly operation: Append | Begin | Note;
  readonly proposedAtMs: number;
}

const operations = fc.oneof(
  fc.string().map((entry) => new Append(entry)),
  fc.record({ caller: fc.constantFrom('ann', 'bert'), epoch: fc.nat(3) }).map((x) => new Begin(x.caller, x.epoch)),
  fc
    .record({ caller: fc.constantFrom('ann', 'bert'), epoch: fc.nat(3), number: fc.nat(4), padding: fc.string() })
    .map((x) => new Note(x.caller, x.epoch, x.number, x.padding)),
);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({ operation: operations, proposedAtMs: fc.integer({ min: 0, max: 1000 }) }),
  { maxLength: 20 },
);

/** A replica that is given steps, each at the position after the one before. */
class Subject {
  readonly replica = new Replica(new Journal(), () => undefined);
  position = 0;

  execute(list: readonly Step[]): this {
    for (const { operation, proposedAtMs } of list) {
      this.replica.deliver({
        position: this.position as Position,
        origin: ORIGIN,
        proposedAtMs,
        messages: [encode(operation, MessageHead.operation)],
        tickets: null,
      });
      this.position += 1;
    }
    return this;
  }

  get pieces(): Buffer[] {
    return Array.from(this.replica.keeper.save(), (piece) => Buffer.from(piece));
  }

  restore(pieces: readonly Uint8Array[]): void {
    const sink = this.replica.keeper.restore(0 as Position);
    for (const piece of pieces) sink.push(piece);
    sink.finish();
  }
}

describe('a state that a replica saves', () => {
  it('restores, anywhere in the sequence, a replica that goes on as one that ran through', () => {
    fc.assert(
      fc.property(steps, steps, steps, (before, after, other) => {
        const through = new Subject().execute(before);
        const restored = new Subject().execute(other);
        restored.restore(through.pieces);
        restored.position = through.position;
        expect(restored.replica.state).toEqual(through.replica.state);
        through.execute(after);
        restored.execute(after);
        expect(restored.replica.state).toEqual(through.replica.state);
        // The same bytes, with the decided time among them, so that checkpoints can be compared.
        expect(restored.pieces).toEqual(through.pieces);
      }),
    );
  });

  it('is the state as it was when saving began', () => {
    const subject = new Subject().execute([{ operation: new Append('first'), proposedAtMs: 5 }]);
    const pieces = subject.replica.keeper.save();
    const head = pieces.next().value!;
    const later = new Subject().execute([{ operation: new Append('of another'), proposedAtMs: 7 }]);
    subject.restore(later.pieces);
    const copy = new Subject();
    copy.restore([head, ...pieces].map((piece) => Buffer.from(piece)));
    expect(copy.replica.state.entries).toEqual(['first']);
    expect(subject.replica.state.entries).toEqual(['of another']);
  });

  it('leaves the state as it is until all of it is there', () => {
    const subject = new Subject().execute([{ operation: new Append('kept'), proposedAtMs: 5 }]);
    const { state } = subject.replica;
    const sink = subject.replica.keeper.restore(0 as Position);
    for (const piece of new Subject().pieces) sink.push(piece);
    expect(subject.replica.state).toBe(state);
    expect(state.entries).toEqual(['kept']);
    sink.finish();
    expect(subject.replica.state.entries).toEqual([]);
  });

  it('gives each restored state its own objects', () => {
    const subject = new Subject();
    const { pieces } = new Subject();
    subject.restore(pieces);
    const first = subject.replica.state;
    subject.execute([{ operation: new Append('first'), proposedAtMs: 1 }]);
    subject.restore(pieces);
    expect([first.entries, subject.replica.state.entries]).toEqual([['first'], []]);
  });

  it('is refused where it is none of a state machine, or cut short', () => {
    const { pieces } = new Subject();
    const malformed = expect.objectContaining({ code: 'MALFORMED_BYTES' });
    expect(() => new Subject().restore([])).toThrow(malformed);
    expect(() => new Subject().restore([Buffer.from('x'), ...pieces])).toThrow(malformed);
    expect(() => new Subject().restore(pieces.slice(0, 1))).toThrow(malformed);
  });
});

describe('a field that a state has gained since', () => {
  it('has the value that it begins with', () => {
    class Small extends StateMachine {
      count = 0;
    }
    class Large extends StateMachine {
      count = 0;
      added: string[] = ['initial'];
    }
    Object.defineProperty(Large, 'name', { value: 'Small' });
    const small = new Small();
    const saved = keeperOf(small);
    small.count = 7;
    const large = new Large();
    let became: Large | null = null;
    const sink = keeperOf(large, (state) => (became = state)).restore(0 as Position);
    large.added.push('changed since');
    for (const piece of saved.save()) sink.push(piece);
    sink.finish();
    expect(became).toEqual(Object.assign(new Large(), { count: 7 }));
  });
});

describe('a state that operations have given fields, and taken some from', () => {
  it('is replaced by the one that is restored, and neither loses nor keeps fields because of that', () => {
    class House extends StateMachine {
      lots: string[] = [];
      audit?: string[] = [];
      declare extra?: string[];
    }
    const house = new House();
    let became: House | null = null;
    const keeper = keeperOf(house, (state) => (became = state));
    delete house.audit;
    house.extra = ['of this replica'];
    const sink = keeper.restore(0 as Position);
    for (const piece of keeperOf(new House()).save()) sink.push(piece);
    sink.finish();
    expect(Object.entries(became!)).toEqual(Object.entries({ lots: [], audit: [] }));
  });
});

function keeperOf<S extends StateMachine>(state: S, become: (state: S) => void = () => undefined): MachineKeeper<S> {
  return new MachineKeeper(
    () => ({ state, system: new SystemState(), time: 0 }),
    (saved) => become(saved.state),
    undefined,
  );
}

describe('callers whose operations are behind a restored state', () => {
  it('are told that the outcome is unknown, unless they have stopped waiting', async () => {
    const { keeper } = new Subject().replica;
    const [waiting, gone] = [new Ticket(new Append('a')), new Ticket(new Append('b'))];
    gone.reject(new Error('given up'));
    keeper.skipped([waiting, undefined, gone]);
    await expect(waiting.promise).rejects.toBeInstanceOf(UnknownOutcomeError);
    await expect(gone.promise).rejects.toThrow('given up');
  });
});

describe('a state that cannot be saved', () => {
  it('is refused before anything has happened', () => {
    class Socket extends StateMachine {
      readonly send = (): void => undefined;
    }
    expect(() => new Replica(new Socket(), () => undefined)).toThrow(
      expect.objectContaining({ code: 'NOT_SERIALIZABLE' }),
    );
  });
});
