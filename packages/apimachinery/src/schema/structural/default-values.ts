import { deepCopy } from '../../deep-copy.ts';
import type { FieldError } from '../../meta/field-error.ts';
import { invalidValue } from '../../meta/field-error.ts';
import { compileSchema } from '../compile-schema.ts';
import type { Schema } from '../schema.ts';
import { keywordPath } from './keyword-path.ts';

/** Errors of the defaults of a structural schema: each must be valid and have no field that would be pruned. */
export function validateSchemaDefaults(schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  checkDefaults(schema, path, errors);
  return errors;
}

function checkDefaults(schema: Schema, path: string, errors: FieldError[]): void {
  const at = (keyword: string): string => keywordPath(path, keyword);
  const { default: value, items, properties } = schema;
  if (value !== undefined && value !== null) {
    const compiled = compileSchema(schema);
    const isResourceRoot = schema['x-kubernetes-embedded-resource'] === true;
    if (compiled.findUnknownFields(value, { isResourceRoot }).length > 0) {
      errors.push(invalidValue(at('default'), deepCopy(value), 'must not have unknown fields'));
    }
    errors.push(...compiled.validate(value, { root: at('default') }));
  }
  if (items !== undefined) checkDefaults(items, at('items'), errors);
  for (const name in properties) checkDefaults(properties[name]!, `${at('properties')}[${name}]`, errors);
}
