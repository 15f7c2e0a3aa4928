/** A view and where it begins to govern as fields: the one form of it, in ledger, checkpoint and backup. */
import { View, type ViewRecord } from '../model/view.js';
import { FieldReader } from './field-reader.js';
import { FieldWriter } from './field-writer.js';

export function writeView(out: FieldWriter, { view, from }: ViewRecord): void {
  out.natural(view.number).natural(from).members(view.members);
}

export function readView(input: FieldReader): ViewRecord {
  const number = input.natural();
  const from = input.instance();
  return { view: new View(number, input.members()), from };
}

/** For a form that is not made of fields. */
export function encodeView(record: ViewRecord): Buffer {
  const out = new FieldWriter();
  writeView(out, record);
  return out.finish();
}

/** @throws TreplicaError MALFORMED_BYTES for what `encodeView` has not encoded */
export function decodeView(bytes: Buffer): ViewRecord {
  const input = new FieldReader(bytes);
  const record = readView(input);
  input.end();
  return record;
}
