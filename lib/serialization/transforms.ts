import type { Field } from './class-codec.js';
import { TransformationType } from './class-transformer.js';
import { put } from './properties.js';

/** The value that is written for `field`: its own after the transformations for writing. */
export function contentOf(instance: object, field: Field): unknown {
  const content = (instance as Record<string, unknown>)[field.key];
  if (field.toWire === null) return content;
  const common = { key: field.key, obj: instance, type: TransformationType.CLASS_TO_PLAIN, options: {} };
  return field.toWire.reduce((value, transform) => transform({ ...common, value }), content);
}

/**
 * Gives `instance` its fields where that runs code of the class. Transformations may look at the other fields as they
 * came: so all values must be there. Where a field is null, its value is dropped.
 */
export function assemble(instance: object, fields: readonly (Field | null)[], values: readonly unknown[]): void {
  const obj: Record<string, unknown> = {};
  for (const [i, field] of fields.entries()) if (field !== null) put(obj, field.wireName, values[i]);
  for (const [i, field] of fields.entries()) {
    if (field === null) continue;
    const common = { key: field.key, obj, type: TransformationType.PLAIN_TO_CLASS, options: {} };
    const value = (field.fromWire ?? []).reduce(
      (before, transform) => transform({ ...common, value: before }),
      values[i],
    );
    if (field.isAccessor) (instance as Record<string, unknown>)[field.key] = value;
    else put(instance, field.key, value);
  }
}
