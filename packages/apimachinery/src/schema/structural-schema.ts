import { RE2JS } from 're2js';
import { deepEqual } from '../deep-equal.ts';
import type { FieldError } from '../meta/field-error.ts';
import { forbiddenField, invalidValue, required } from '../meta/field-error.ts';
import type { Schema } from './schema.ts';
import { checkCompleteness } from './structural/completeness.ts';
import { validateSchemaDefaults } from './structural/default-values.ts';
import { keywordPath } from './structural/keyword-path.ts';
import type { SchemaKeywordOptions } from './structural/keywords.ts';
import { validateSchemaKeywords } from './structural/keywords.ts';

export interface StructuralOptions extends SchemaKeywordOptions {
  /** Path of the schema, such as `spec.versions[0].schema.openAPIV3Schema`. Default empty. */
  root?: string;
}

type Level = 'root' | 'item' | 'field';

/**
 * Errors of a schema that is to describe custom resources: it must be structural, its defaults valid and its keywords
 * supported. Source of the rules: Kubernetes documentation, "Extend the Kubernetes API with CustomResourceDefinitions",
 * sections "Specifying a structural schema", "Defaulting" and "Merge strategy". CEL rules are not compiled here.
 */
export function validateStructural(schema: Schema, options: StructuralOptions = {}): FieldError[] {
  const root = options.root ?? '';
  const structure: FieldError[] = [];
  checkStructure(schema, 'root', root, structure);
  checkCompleteness(schema, root, structure);
  structure.sort((a, b) => compareTexts(`${a.field}: ${a.message}`, `${b.field}: ${b.message}`));
  const defaults = structure.length > 0 ? [] : validateSchemaDefaults(schema, root);
  return [...structure, ...defaults, ...validateSchemaKeywords(schema, root, options)];
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const missingType: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};

function checkStructure(schema: Schema, level: Level, path: string, errors: FieldError[]): void {
  const at = (keyword: string): string => keywordPath(path, keyword);
  const { items, properties, additionalProperties } = schema;
  if (schema.type === 'array' && items === undefined) errors.push(required(at('items'), 'must be specified'));
  if (items !== undefined) checkStructure(items, 'item', at('items'), errors);
  for (const name in properties) checkStructure(properties[name]!, 'field', `${at('properties')}[${name}]`, errors);
  if (additionalProperties !== undefined) {
    if (level === 'root') errors.push(forbiddenField(at('additionalProperties'), 'must not be used at the root'));
    if (typeof additionalProperties === 'object') {
      checkStructure(additionalProperties, 'field', at('additionalProperties'), errors);
    }
  }
  checkExtensions(schema, path, errors);
  const skip = {
    anyOf: isIntOrStringPattern(schema.anyOf),
    firstAllOf: isIntOrStringPattern(schema.allOf?.[0]?.anyOf),
  };
  checkComposition(schema, skip, path, errors);
  checkType(schema, level, path, errors);
  if (level === 'root' || schema['x-kubernetes-embedded-resource'] === true)
    checkResourceFields(schema, level, path, errors);
}

function checkExtensions(schema: Schema, path: string, errors: FieldError[]): void {
  if (schema['x-kubernetes-int-or-string'] !== true) return;
  for (const keyword of ['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource'] as const) {
    if (schema[keyword] === true) {
      errors.push(
        invalidValue(keywordPath(path, keyword), true, 'must be false if x-kubernetes-int-or-string is true'),
      );
    }
  }
}

function checkType(schema: Schema, level: Level, path: string, errors: FieldError[]): void {
  const field = keywordPath(path, 'type');
  const type = schema.type ?? '';
  if (schema['x-kubernetes-embedded-resource'] === true && type !== 'object') {
    const rule = 'must be object if x-kubernetes-embedded-resource is true';
    errors.push(type === ('' as string) ? required(field, rule) : invalidValue(field, type, rule));
  } else if (
    type === '' &&
    schema['x-kubernetes-int-or-string'] !== true &&
    schema['x-kubernetes-preserve-unknown-fields'] !== true
  ) {
    errors.push(required(field, missingType[level]));
  }
  if (level === 'root' && type !== '' && type !== 'object') {
    errors.push(invalidValue(field, type, 'must be object at the root'));
  }
}

function checkResourceFields(schema: Schema, level: Level, path: string, errors: FieldError[]): void {
  const at = (keyword: string): string => keywordPath(path, keyword);
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  if (embedded && schema.additionalProperties !== undefined) {
    errors.push(
      forbiddenField(at('additionalProperties'), 'must not be used if x-kubernetes-embedded-resource is set'),
    );
  }
  for (const name of ['kind', 'apiVersion'] as const) {
    const property = schema.properties?.[name];
    if (property !== undefined && property.type !== 'string') {
      errors.push(invalidValue(`${at('properties')}[${name}].type`, property.type ?? '', 'must be string'));
    }
  }
  const metadata = schema.properties?.metadata;
  if (metadata !== undefined) {
    const field = `${at('properties')}[metadata]`;
    if (metadata.type !== 'object') errors.push(invalidValue(`${field}.type`, metadata.type ?? '', 'must be object'));
    if (level === 'root' && !restrictsOnlyNames(metadata)) {
      const rule = 'must not specify anything other than name and generateName, but metadata is implicitly specified';
      errors.push(forbiddenField(field, rule));
    }
  }
  const isEmpty = schema.properties === undefined || Object.keys(schema.properties).length === 0;
  if (embedded && schema['x-kubernetes-preserve-unknown-fields'] !== true && isEmpty) {
    const rule =
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields';
    errors.push(required(at('properties'), rule));
  }
}

function restrictsOnlyNames(metadata: Schema): boolean {
  const { type: _type, default: _default, properties, ...rest } = metadata;
  const keywords = Object.values(rest).some((value) => value !== undefined && value !== false && value !== '');
  return !keywords && Object.keys(properties ?? {}).every((name) => name === 'name' || name === 'generateName');
}

const intOrString: readonly Schema[] = [{ type: 'integer' }, { type: 'string' }];

/** The one place where types may stand inside of a composition. */
function isIntOrStringPattern(anyOf: readonly Schema[] | undefined): boolean {
  return anyOf !== undefined && deepEqual(anyOf, intOrString);
}

/** Where types are allowed because they make up the pattern of {@link intOrString}. */
interface Skipped {
  anyOf: boolean;
  firstAllOf: boolean;
}

function checkComposition(schema: Schema, skip: Skipped, path: string, errors: FieldError[]): void {
  const at = (keyword: string): string => keywordPath(path, keyword);
  for (const keyword of ['anyOf', 'allOf', 'oneOf'] as const) {
    if (keyword === 'anyOf' && skip.anyOf) continue;
    for (const [i, part] of (schema[keyword] ?? []).entries()) {
      checkNested(part, keyword === 'allOf' && skip.firstAllOf && i === 0, `${at(keyword)}[${i}]`, errors);
    }
  }
  if (schema.not !== undefined) checkNested(schema.not, false, at('not'), errors);
  if (schema.pattern) {
    try {
      RE2JS.compile(schema.pattern);
    } catch (error) {
      const rule = `must be a valid regular expression, but isn't: ${(error as Error).message}`;
      errors.push(invalidValue(at('pattern'), schema.pattern, rule));
    }
  }
}

const forbiddenInside: readonly { keyword: keyof Schema; rule: string }[] = [
  { keyword: 'type', rule: 'must be empty to be structural' },
  { keyword: 'additionalProperties', rule: 'must be undefined to be structural' },
  { keyword: 'default', rule: 'must be undefined to be structural' },
  { keyword: 'title', rule: 'must be empty to be structural' },
  { keyword: 'description', rule: 'must be empty to be structural' },
  { keyword: 'nullable', rule: 'must be false to be structural' },
  { keyword: 'x-kubernetes-preserve-unknown-fields', rule: 'must be false to be structural' },
  { keyword: 'x-kubernetes-embedded-resource', rule: 'must be false to be structural' },
  { keyword: 'x-kubernetes-int-or-string', rule: 'must be false to be structural' },
  { keyword: 'x-kubernetes-list-map-keys', rule: 'must be empty to be structural' },
  { keyword: 'x-kubernetes-list-type', rule: 'must be undefined to be structural' },
  { keyword: 'x-kubernetes-map-type', rule: 'must be undefined to be structural' },
  { keyword: 'x-kubernetes-validations', rule: 'must be empty to be structural' },
];

/** A part of allOf, anyOf, oneOf or not, and what is below it: value validations only. */
function checkNested(schema: Schema, skipAnyOf: boolean, path: string, errors: FieldError[]): void {
  checkComposition(schema, { anyOf: skipAnyOf, firstAllOf: false }, path, errors);
  if (schema.items !== undefined) checkNested(schema.items, false, keywordPath(path, 'items'), errors);
  for (const name in schema.properties) {
    const field = `${keywordPath(path, 'properties')}[${name}]`;
    checkNested(schema.properties[name]!, false, field, errors);
    if (name === 'metadata') errors.push(forbiddenField(field, 'must not be specified in a nested context'));
  }
  for (const { keyword, rule } of forbiddenInside) {
    const value = schema[keyword];
    if (value === undefined || (keyword !== 'default' && keyword !== 'additionalProperties' && isZero(value))) continue;
    errors.push(forbiddenField(keywordPath(path, keyword), rule));
  }
}

function isZero(value: unknown): boolean {
  return value === '' || value === false || value === null || (Array.isArray(value) && value.length === 0);
}
