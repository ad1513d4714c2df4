import type { FieldError } from '../../meta/field-error.ts';
import { required } from '../../meta/field-error.ts';
import type { Schema } from '../schema.ts';
import { keywordPath } from './keyword-path.ts';

/** Where a node stands in the schema proper, and where the composition that speaks of it. */
interface Place {
  schema: string;
  composition: string;
}

/**
 * Everything that allOf, anyOf, oneOf and not mention must be specified outside of them as well. Only the compositions at
 * the root are looked at, with all they contain, as in Kubernetes.
 */
export function checkCompleteness(schema: Schema, path: string, errors: FieldError[]): void {
  checkComposition(schema, schema, { schema: path, composition: path }, errors);
}

function checkComposition(part: Schema, schema: Schema, place: Place, errors: FieldError[]): void {
  const inside = (step: string): Place => ({ ...place, composition: keywordPath(place.composition, step) });
  if (part.not !== undefined) checkPart(part.not, schema, inside('not'), errors);
  for (const keyword of ['allOf', 'anyOf', 'oneOf'] as const) {
    for (const [i, option] of (part[keyword] ?? []).entries()) {
      checkPart(option, schema, inside(`${keyword}[${i}]`), errors);
    }
  }
}

function checkPart(part: Schema, schema: Schema | undefined, place: Place, errors: FieldError[]): void {
  if (schema === undefined) {
    errors.push(required(place.schema, `because it is defined in ${place.composition}`));
    return;
  }
  checkComposition(part, schema, place, errors);
  const inside = (step: string): Place => ({
    schema: keywordPath(place.schema, step),
    composition: keywordPath(place.composition, step),
  });
  if (part.items !== undefined) checkPart(part.items, schema.items, inside('items'), errors);
  for (const name in part.properties) {
    const known = schema.properties;
    const property = known !== undefined && Object.hasOwn(known, name) ? known[name] : undefined;
    checkPart(part.properties[name]!, property, inside(`properties[${name}]`), errors);
  }
}
