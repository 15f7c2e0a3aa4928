import { type Ballot, NO_BALLOT } from '../model/ballot.js';
import { type Batch, type BatchId, isBatchId, NO_OP, NO_OP_ID } from '../model/batch.js';
import { constants } from '../model/constants.js';
import { TreplicaError } from '../model/errors.js';
import { COUNTER_MAX, type GroupId, type Instance, isGroupId, isProcessId, type ProcessId } from '../model/ids.js';
import type { Founding } from '../model/records.js';
import { INCARNATION_MAX, isNonce, type Start } from '../model/start.js';
import { groupIdOf, MAX_MEMBERS } from '../model/view.js';

const HIGH = 2 ** 32;
const HIGH_MAX = 2 ** 21 - 1;
const DIGEST_PATTERN = /^[0-9a-f]{32}$/;

/**
 * Reads fields one after the other and trusts none of them: a field that is missing or that the model does not allow is
 * a TreplicaError MALFORMED_BYTES. Each value has exactly one form on the wire.
 */
export class FieldReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  byte(max: number): number {
    const value = this.#bytes.readUInt8(this.#take(1));
    check(value <= max, 'a byte is too large');
    return value;
  }

  flag(): boolean {
    return this.byte(1) === 1;
  }

  /** A safe integer that is not negative. */
  natural(): number {
    const at = this.#take(8);
    const high = this.#bytes.readUInt32BE(at);
    check(high <= HIGH_MAX, 'a number is too large');
    return high * HIGH + this.#bytes.readUInt32BE(at + 4);
  }

  instance(): Instance {
    const value = this.natural();
    check(value <= COUNTER_MAX, 'an instance is too large');
    return value as Instance;
  }

  optional<T>(read: (input: FieldReader) => T): T | null {
    return this.flag() ? read(this) : null;
  }

  /** However long the list claims to be, it ends with the bytes at the latest. */
  list<T>(read: (input: FieldReader) => T): T[] {
    const count = this.#bytes.readUInt32BE(this.#take(4));
    const values: T[] = [];
    while (values.length < count) values.push(read(this));
    return values;
  }

  /** A list of at most `max` values. */
  shortList<T>(read: (input: FieldReader) => T, max: number): T[] {
    check(this.#bytes.readUInt32BE(this.#at) <= max, 'a list is too long');
    return this.list(read);
  }

  start(): Start {
    const incarnation = this.natural();
    const nonce = this.#text();
    check(incarnation >= 1 && incarnation <= INCARNATION_MAX && isNonce(nonce), 'not a start');
    return { incarnation, nonce };
  }

  processId(): ProcessId {
    const text = this.#text();
    check(isProcessId(text), 'not a process id');
    return text;
  }

  groupId(): GroupId {
    const text = this.#text();
    check(isGroupId(text), 'not a group id');
    return text;
  }

  batchId(): BatchId {
    const text = this.#text();
    check(isBatchId(text), 'not a batch id');
    return text;
  }

  ballot(): Ballot {
    const reign = this.natural();
    const coordinator = this.#text();
    const step = this.flag() ? 1 : 0;
    if (reign === 0 && coordinator === '' && step === 0) return NO_BALLOT;
    check(isProcessId(coordinator) && reign <= COUNTER_MAX, 'not a ballot');
    return { reign, coordinator, step };
  }

  /** The body is a part of the bytes that are read, not a copy. */
  batch(): Batch {
    const id = this.batchId();
    const body = this.bytes();
    if (id !== NO_OP_ID) return { id, body };
    check(body.length === 0, 'a no-op with a body');
    return NO_OP;
  }

  /** A part of the bytes that are read, not a copy. */
  bytes(): Buffer {
    const length = this.#bytes.readUInt32BE(this.#take(4));
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** Of a checkpoint: 32 hexadecimal digits. */
  digest(): string {
    const text = this.#text();
    check(DIGEST_PATTERN.test(text), 'not a digest');
    return text;
  }

  /** One process at least, and each once. */
  members(): ProcessId[] {
    const members = this.list(readProcessId);
    check(members.length >= 1 && members.length <= MAX_MEMBERS, 'too few members or too many');
    check(new Set(members).size === members.length, 'a member twice');
    return members;
  }

  founding(): Founding {
    const attempt = this.natural();
    const members = this.members();
    const base = { from: this.instance(), digest: this.baseDigest() };
    check(base.from === 0 || base.digest !== '', 'a founding on nothing that begins later');
    const borderInstances = this.borderInstances();
    const group = groupIdOf(members, attempt, base, borderInstances);
    return { group, attempt, members, base, borderInstances };
  }

  /** α of a group. */
  borderInstances(): number {
    const instances = this.natural();
    check(instances >= 1 && instances <= constants.borderInstancesMax, 'not the α of a group');
    return instances;
  }

  /** Of what a group begins with: as `digest`, or empty. */
  baseDigest(): string {
    const text = this.#text();
    check(text === '' || DIGEST_PATTERN.test(text), 'not a digest');
    return text;
  }

  /** Nothing may follow. */
  end(): void {
    check(this.#at === this.#bytes.length, 'more bytes than fields');
  }

  #text(): string {
    const length = this.byte(255);
    const at = this.#take(length);
    return this.#bytes.toString('latin1', at, at + length);
  }

  #take(length: number): number {
    const at = this.#at;
    check(length <= this.#bytes.length - at, 'fewer bytes than fields');
    this.#at = at + length;
    return at;
  }
}

function readProcessId(input: FieldReader): ProcessId {
  return input.processId();
}

function check(holds: boolean, otherwise: string): asserts holds {
  if (!holds)
    throw new TreplicaError('MALFORMED_BYTES', `The bytes are not a message: ${otherwise}. They are dropped.`);
}
