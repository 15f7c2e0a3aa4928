/**
 * Changes of the view: values of the sequence that name the members of the next view. Whether one applies follows from the
 * sequence alone, so that it is the same at every process; see "Views that change" in docs/protocol.md.
 */
import { FieldReader } from '../bytes/field-reader.js';
import { FieldWriter } from '../bytes/field-writer.js';
import { TreplicaError } from '../model/errors.js';
import { after, type Instance, type ProcessId } from '../model/ids.js';
import { View, type ViewRecord } from '../model/view.js';
import { BODY_KIND_BYTES, isBody, packValue } from './batch-body.js';

export interface ViewChange {
  /** The number of the view that it is to follow: it is void after any other. */
  readonly follows: number;
  /** Of the new view: 1 to 31, each once. */
  readonly members: readonly ProcessId[];
}

/** The body of the value. Equal changes have equal bodies. */
export function packChange({ follows, members }: ViewChange): Uint8Array {
  return packValue(
    'view',
    new FieldWriter()
      .natural(follows)
      .members([...members].sort())
      .finish(),
  );
}

/** The change that `packChange` has packed; null for anything else. */
export function unpackChange(body: Uint8Array): ViewChange | null {
  if (!isBody('view', body)) return null;
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  try {
    const input = new FieldReader(bytes.subarray(BODY_KIND_BYTES));
    const change = { follows: input.natural(), members: input.members() };
    input.end();
    return packChange(change).every((byte, i) => byte === bytes[i]) ? change : null;
  } catch (error) {
    if (error instanceof TreplicaError && error.code === 'MALFORMED_BYTES') return null;
    throw error;
  }
}

/**
 * The view that a change makes which is decided at `instance`, where `latest` is the last view of the sequence below it; null
 * where the change is void. It is void if it follows another view than the latest, and where the latest does not govern yet: so
 * no more than two views govern the instances within α of any place.
 */
export function viewAfter(
  { follows, members }: ViewChange,
  instance: Instance,
  latest: ViewRecord,
  borderInstances: number,
): ViewRecord | null {
  if (follows !== latest.view.number || instance < latest.from) return null;
  return { view: new View(follows + 1, members), from: after(instance, borderInstances) };
}
