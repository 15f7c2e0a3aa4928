import { batchId, ofKind } from '../../../lib/model/batch.js';
import type { ProcessId } from '../../../lib/model/ids.js';
import type { KeyRecord } from '../../../lib/model/keys.js';
import type { LedgerRecord, LedgerSnapshot } from '../../../lib/model/records.js';
import { groupIdOf, View } from '../../../lib/model/view.js';
import type { WireMessage } from '../../../lib/paxos/wire/routes.js';
import { type KeyChange, packKeyChange } from '../../../lib/sequence/key-change.js';
import { KeyRotation } from '../../../lib/simulation/checkers/key-rotation.js';
import { keyOf, SimulatedKeyFile } from '../../../lib/simulation/key-file.js';
import { FrameEncoder } from '../../../lib/transport/frame/frame-encoder.js';
import { KeyRing } from '../../../lib/transport/frame/key-ring.js';
import { newStart } from '../../support/station.js';
import { at, classic, report } from './subjects.js';

/** α of the group. */
const BORDER = 10;
/** A moment: a process that is up is heard as often. */
const MOMENT_US = 100_000;

interface Sender {
  readonly port: number;
  readonly encoder: FrameEncoder;
}

export interface Proposal {
  readonly kind?: 'batch' | 'propose';
  readonly of?: ProcessId;
}

/** Processes that have files of keys and send frames, as the checker of the keys is told of them. */
export class RotatingGroup {
  readonly checker: KeyRotation;
  readonly #world = { nowUs: 0, nameOf: (id: ProcessId): string => id.slice(0, 1) };
  readonly #files = new Map<ProcessId, SimulatedKeyFile>();
  readonly #senders = new Map<ProcessId, Sender>();
  #ports = 0;
  #changes = 0;

  constructor() {
    this.checker = new KeyRotation(this.#world, (id) => this.#files.get(id), report);
  }

  /** A process starts, and reads its file of keys, to which these come. */
  start(id: ProcessId, ...keys: readonly number[]): void {
    const file = this.#files.get(id) ?? new SimulatedKeyFile();
    this.#files.set(id, file);
    for (const key of keys) file.add(key);
    file.read('');
    const ring = new KeyRing([1, 2, 3].map((key) => ({ id: key, bytes: keyOf(key).key })) as never);
    this.#ports += 1;
    this.#senders.set(id, { port: this.#ports, encoder: new FrameEncoder('a queue', id, newStart(), ring) });
  }

  fileOf(id: ProcessId): SimulatedKeyFile {
    return this.#files.get(id)!;
  }

  /** Neither the process nor its file is known any more. */
  forget(id: ProcessId): void {
    this.#files.delete(id);
  }

  pass(us: number): void {
    this.#world.nowUs += us;
  }

  /** Sends a message, and returns the frame that it is in. */
  seals(id: ProcessId, key: number, to: ProcessId | null = null, message: Uint8Array = Buffer.from('text')): Buffer {
    const { encoder, port } = this.#sender(id);
    const frame = Buffer.concat(encoder.encode([message], 'datagram', to, key));
    this.checker.sent(frame, { from: id, port, latestPort: this.#ports, to });
    return frame;
  }

  takes(id: ProcessId, frame: Buffer): void {
    this.checker.taken(id, this.#sender(id).port, frame);
  }

  /** For so long a process hears the other, moment by moment. */
  hears(id: ProcessId, other: ProcessId, us: number): void {
    const { encoder } = this.#sender(other);
    for (let passed = 0; passed < us; passed += MOMENT_US) {
      this.pass(MOMENT_US);
      this.takes(id, Buffer.concat(encoder.encode([Buffer.from('text')], 'datagram', null, 1)));
    }
  }

  /** A process says that a change of the keys is proposed, in one kind of message, twice: its own proposal, or another's. */
  proposes(id: ProcessId, action: KeyChange['action'], key: number, { kind, of = id }: Proposal = {}): void {
    this.#changes += 1;
    const body = packKeyChange({ follows: 0, action, id: key });
    const batch = { id: ofKind('engine', batchId(of, 1, this.#changes)), body };
    const message: WireMessage =
      kind === 'propose' ? { kind, ballot: classic(1), instance: at(0), batch } : { kind: 'batch', batch };
    for (const said of [message, message]) this.checker.says(id, said);
  }

  /** The process has written these states, in turn. */
  writes(id: ProcessId, ...states: readonly KeyRecord[]): void {
    for (const record of states) this.checker.durable(id, [{ kind: 'keys', record }]);
  }

  /** The process starts from a disk on which this state is the latest. */
  loads(id: ProcessId, state: KeyRecord | null, isPutBack = false): void {
    const snapshot: Pick<LedgerSnapshot, 'keys'> = { keys: state === null ? [] : [state] };
    this.checker.loads(id, snapshot as LedgerSnapshot, isPutBack);
  }

  #sender(id: ProcessId): Sender {
    return this.#senders.get(id)!;
  }
}

/** A view as it is in a ledger: the founders, or what was decided at `decidedAt`. */
export function viewOf(number: number, members: readonly ProcessId[], decidedAt = 0): LedgerRecord {
  const record = { view: new View(number, members), from: at(number === 0 ? 0 : decidedAt + BORDER) };
  return { kind: 'view', group: groupIdOf(members, 0), borderInstances: BORDER, record };
}

/** A state of the keys; it was decided at ten times its number. */
export function stateOf(number: number, sendingId: number, removedUpTo = 0): KeyRecord {
  return { number, sendingId, removedUpTo, decidedAt: at(10 * number) };
}
