import { deepEqual } from '../deep-equal.ts';
import { invalidValue, notSupported, required, tooMany, typeInvalid } from '../meta/field-error.ts';
import type { SchemaNode, ValueKind } from './schema-node.ts';
import { kindBits } from './schema-node.ts';
import { validateEmbedded } from './validate-embedded.ts';
import { validateListType } from './validate-list-type.ts';
import { validateNumber, validateString } from './validate-scalar.ts';
import type { ValidationRun } from './validation-run.ts';

/**
 * Checks `value` and everything below it. The order of the checks, and with it that of the errors, is the one of
 * Kubernetes' validator: type, composition, scalar rules, items, enum, properties.
 */
export function validateNode(node: SchemaNode, value: unknown, run: ValidationRun): void {
  if (run.isFull) return;
  const kind = kindOf(value);
  validateType(node, value, kind, run);
  if (kind === 'null') {
    if (node.schema.enum !== undefined) validateEnum(node, value, run);
    return;
  }
  run.matches += 4;
  if (node.hasComposition) validateComposition(node, value, run);
  if (kind === 'string') {
    if (node.formatCheck !== undefined) run.matches++;
    if (node.hasStringRules) validateString(node, value as string, run);
  } else if (kind === 'integer' || kind === 'number') validateNumber(node, value as number | bigint, kind, run);
  else if (kind === 'array') validateArray(node, value as unknown[], run);
  if (node.schema.enum !== undefined) validateEnum(node, value, run);
  if (kind === 'object') validateObject(node, value as Record<string, unknown>, run);
}

const int64Limit = 2 ** 63;

/** An integer is what fits into 64 bits; JSON numbers beyond are just numbers. */
export function kindOf(value: unknown): ValueKind {
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'number':
      return Number.isInteger(value) && value >= -int64Limit && value < int64Limit ? 'integer' : 'number';
    case 'bigint':
      return 'integer';
    case 'boolean':
      return 'boolean';
    default:
      if (value === null || value === undefined) return 'null';
      return Array.isArray(value) ? 'array' : 'object';
  }
}

function validateType(node: SchemaNode, value: unknown, kind: ValueKind, run: ValidationRun): void {
  if (node.kinds === 0) {
    if (node.formatCheck !== undefined) run.matches += 2;
    return;
  }
  if ((node.kinds & kindBits[kind]) !== 0 || (value === null && node.nullable)) {
    run.matches += 2;
    return;
  }
  run.matches++;
  // With a format the message names the format instead, and of the value the format if it is a number.
  const format = node.formatCheck === undefined ? node.numberFormat : (node.schema.format ?? '');
  if (format !== '' && kind !== 'string' && kind !== 'array' && kind !== 'null') {
    const shown = kind === 'number' ? 'float64' : kind === 'integer' ? 'int64' : '';
    run.fail((path) => typeInvalid(path, shown, `${path} in body must be of type ${format}: ${JSON.stringify(shown)}`));
  } else {
    run.fail((path) =>
      typeInvalid(path, kind, `${path} in body must be of type ${node.typeText}: ${JSON.stringify(kind)}`),
    );
  }
}

function validateEnum(node: SchemaNode, value: unknown, run: ValidationRun): void {
  const allowed = node.schema.enum!;
  if (allowed.length === 0) return;
  for (const candidate of allowed) if (candidate === value || deepEqual(candidate, value)) return;
  const texts = allowed.map((item) => (typeof item === 'string' ? item : JSON.stringify(item)));
  run.fail((path) => notSupported(path, value, texts));
}

function validateArray(node: SchemaNode, value: readonly unknown[], run: ValidationRun): void {
  const { items } = node;
  if (items !== undefined) {
    for (let i = 0; i < value.length; i++) {
      run.path.push(i);
      validateNode(items, value[i] ?? null, run);
      run.path.pop();
    }
  }
  const { minItems, maxItems, uniqueItems } = node.schema;
  if (minItems !== undefined && value.length < minItems) {
    run.fail((path) => invalidValue(path, value.length, `${path} in body should have at least ${minItems} items`));
  }
  if (maxItems !== undefined && value.length > maxItems) run.fail((path) => tooMany(path, value.length, maxItems));
  if (uniqueItems === true && hasDuplicates(value)) {
    run.fail((path) => invalidValue(path, '', `${path} in body shouldn't contain duplicates`));
  }
  const listType = node.schema['x-kubernetes-list-type'];
  if (listType === 'set' || listType === 'map') validateListType(node.schema, value, run);
}

function hasDuplicates(items: readonly unknown[]): boolean {
  const scalars = new Set<unknown>();
  const compounds: unknown[] = [];
  for (const item of items) {
    if (typeof item !== 'object' || item === null) {
      if (scalars.has(item)) return true;
      scalars.add(item);
    } else {
      if (compounds.some((other) => deepEqual(other, item))) return true;
      compounds.push(item);
    }
  }
  return false;
}

function validateObject(node: SchemaNode, value: Record<string, unknown>, run: ValidationRun): void {
  const { schema } = node;
  const { minProperties, maxProperties } = schema;
  if (minProperties !== undefined || maxProperties !== undefined) {
    let count = 0;
    for (const key in value) if (value[key] !== undefined) count++;
    if (minProperties !== undefined && count < minProperties) {
      run.fail((path) => invalidValue(path, count, `${path} in body should have at least ${minProperties} properties`));
    }
    if (maxProperties !== undefined && count > maxProperties) run.fail((path) => tooMany(path, count, maxProperties));
  }
  if (node.embedded) validateEmbedded(value, run, validateNode);
  for (const key in value) {
    const member = value[key];
    if (member === undefined) continue;
    const child = node.member(key);
    if (child !== undefined) {
      run.path.push(key);
      validateNode(child, member, run);
      run.path.pop();
    } else if (schema.additionalProperties === false) {
      run.fail((path) => invalidValue(path, key, `${path}.${key} in body is a forbidden property`));
    }
  }
  if (schema.required === undefined) return;
  for (const key of schema.required) {
    if (value[key] !== undefined && Object.hasOwn(value, key)) continue;
    run.path.push(key);
    run.fail((path) => required(path));
    run.path.pop();
  }
}

function validateComposition(node: SchemaNode, value: unknown, run: ValidationRun): void {
  const { allOf, anyOf, oneOf, not } = node.composition;
  if (anyOf.length > 0 && !anyOf.some((option) => holds(option, value, run))) {
    run.failNowhere((path) => `${JSON.stringify(path)} must validate at least one schema (anyOf)`);
    reportBest(anyOf, value, run);
  }
  if (oneOf.length > 0) {
    let valid = 0;
    for (const option of oneOf) if (holds(option, value, run)) valid++;
    if (valid !== 1) {
      const found = valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`;
      run.failNowhere((path) => `${JSON.stringify(path)} must validate one and only one schema (oneOf). ${found}`);
      if (valid === 0) reportBest(oneOf, value, run);
    }
  }
  if (allOf.length > 0) {
    let valid = 0;
    for (const part of allOf) {
      const before = run.failures;
      validateNode(part, value, run);
      if (run.failures === before) valid++;
    }
    if (valid < allOf.length) {
      const none = valid === 0 ? '. None validated' : '';
      run.failNowhere((path) => `${JSON.stringify(path)} must validate all the schemas (allOf)${none}`);
    }
  }
  if (not !== undefined && holds(not, value, run)) {
    run.failNowhere((path) => `${JSON.stringify(path)} must not validate the schema (not)`);
  }
}

/** Whether `value` satisfies `node`; nothing is reported. */
function holds(node: SchemaNode, value: unknown, run: ValidationRun): boolean {
  const { failures, probing } = run;
  run.probing = true;
  validateNode(node, value, run);
  run.probing = probing;
  const held = run.failures === failures;
  run.failures = failures;
  return held;
}

/** Reports the errors of the alternative that matches most, the first of them if several do. */
function reportBest(options: readonly SchemaNode[], value: unknown, run: ValidationRun): void {
  if (run.probing) return;
  let best: SchemaNode | undefined;
  let most = -1;
  for (const option of options) {
    run.matches = 0;
    holds(option, value, run);
    if (run.matches > most) {
      most = run.matches;
      best = option;
    }
  }
  if (best !== undefined) validateNode(best, value, run);
}
