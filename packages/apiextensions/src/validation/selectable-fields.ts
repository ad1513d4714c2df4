import { duplicate, type FieldError, invalidValue, required, type Schema, tooMany } from '@canopy/apimachinery';
import type { CrdVersion } from '../definition/crd-object.ts';

const maxSelectableFields = 8;
const scalarTypes: readonly (string | undefined)[] = ['string', 'boolean', 'integer'];
const fieldPath = /^(?:\.[A-Za-z_$][\w$-]*|\['[^']+'\])+$/;
const step = /\.([A-Za-z_$][\w$-]*)|\['([^']+)'\]/g;

/** Selectable fields lead through declared properties to a scalar; lists and maps cannot be selected by (KEP-4358). */
export function validateSelectableFields(version: CrdVersion, at: string): FieldError[] {
  const fields = version.selectableFields ?? [];
  const errors: FieldError[] = [];
  if (fields.length > maxSelectableFields) errors.push(tooMany(at, fields.length, maxSelectableFields));
  const seen = new Set<string>();
  fields.forEach(({ jsonPath }, index) => {
    const field = `${at}[${index}].jsonPath`;
    if (!jsonPath) {
      errors.push(required(field));
      return;
    }
    if (seen.has(jsonPath)) errors.push(duplicate(field, jsonPath));
    seen.add(jsonPath);
    const problem = problemOf(jsonPath, version.schema?.openAPIV3Schema);
    if (problem !== undefined) errors.push(invalidValue(field, jsonPath, problem));
  });
  return errors;
}

function problemOf(path: string, schema: Schema | undefined): string | undefined {
  if (!fieldPath.test(path)) return 'is an invalid path: must be a path of field names, such as .spec.color';
  const steps = [...path.matchAll(step)].map((match) => (match[1] ?? match[2]) as string);
  if (steps[0] === 'metadata') return 'must not point to fields in metadata';
  let at: Schema | undefined = schema;
  for (const name of steps) at = at?.properties?.[name];
  if (at === undefined) return 'is an invalid path: no such field in the schema';
  if (!scalarTypes.includes(at.type)) {
    return 'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.';
  }
  return undefined;
}
