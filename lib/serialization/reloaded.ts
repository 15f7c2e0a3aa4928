import { describeField, exposedAccessors } from './fields.js';
import { type Class, classesOf } from './flaws.js';
import { declaredFields } from './gained-fields.js';

/** In what the shape of `later` differs from that of `earlier`, as a clause; null where instances travel alike. */
export function differenceOf(earlier: Class, later: Class): string | null {
  const [before, after] = [ancestry(earlier), ancestry(later)];
  if (before !== after) return `which extends ${after || 'nothing'} and not ${before || 'nothing'}`;
  for (const key of new Set([...fieldsOf(earlier), ...fieldsOf(later)])) {
    const [was, is] = [describe(earlier, key), describe(later, key)];
    if (was !== is) return `whose field '${key}' ${is} and there ${was}`;
  }
  return fieldsOf(earlier).join() === fieldsOf(later).join() ? null : 'whose fields are in another order';
}

function ancestry(type: Class): string {
  return [...classesOf(type.prototype as object)]
    .slice(1)
    .map(({ name }) => name)
    .join(', ');
}

function fieldsOf(type: Class): readonly string[] {
  return [...declaredFields(type), ...exposedAccessors(type)];
}

function describe(type: Class, key: string): string {
  if (!fieldsOf(type).includes(key)) return 'is not there';
  const field = describeField(type, key);
  if (field === null) return 'is left out';
  const { wireName, type: held, toWire, fromWire } = field;
  const declares = held === null ? '' : ` and declares ${held.type.name}`;
  return `travels as '${wireName}' with ${toWire.length} and ${fromWire.length} transformations${declares}`;
}
