import type { FieldError } from '../../meta/field-error.ts';
import { forbiddenField, invalidValue, notSupported, required } from '../../meta/field-error.ts';
import type { Schema, ValidationRule } from '../schema.ts';
import { keywordPath } from './keyword-path.ts';
import { validateListKeywords, validateMapKeywords } from './list-keywords.ts';

export interface SchemaKeywordOptions {
  /** Keywords that begin with `x-` and are not known are let through. Default false. */
  allowUnknownExtensions?: boolean;
}

/** What the place of a node in the schema forbids. */
interface Context {
  readonly allowUnknownExtensions: boolean;
  readonly isRoot: boolean;
  readonly insideMeta: boolean;
  /** Why there must be no default here. */
  readonly noDefaults: string | undefined;
}

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string'];

const knownExtensions: ReadonlySet<string> = new Set([
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-embedded-resource',
  'x-kubernetes-int-or-string',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-map-type',
  'x-kubernetes-validations',
]);

/** Keywords of JSON schema that structural schemas do not have. */
const unsupported = [
  'id',
  '$id',
  '$schema',
  'additionalItems',
  'patternProperties',
  'definitions',
  'dependencies',
  '$ref',
];

/** Errors of single keywords: unsupported ones, combinations that contradict each other, list and map types, rules. */
export function validateSchemaKeywords(schema: Schema, path: string, options: SchemaKeywordOptions = {}): FieldError[] {
  const errors: FieldError[] = [];
  if (schema.nullable === true)
    errors.push(forbiddenField(keywordPath(path, 'nullable'), 'nullable cannot be true at the root'));
  check(
    schema,
    path,
    {
      allowUnknownExtensions: options.allowUnknownExtensions === true,
      isRoot: true,
      insideMeta: false,
      noDefaults: undefined,
    },
    errors,
  );
  return errors;
}

function check(schema: Schema, path: string, context: Context, errors: FieldError[]): void {
  const at = (keyword: string): string => keywordPath(path, keyword);
  checkOwn(schema, path, context, errors);
  const inner: Context = { ...context, isRoot: false };
  const { additionalProperties, properties } = schema;
  if (additionalProperties !== undefined) {
    if (properties !== undefined && Object.keys(properties).length > 0 && additionalProperties !== true) {
      errors.push(
        forbiddenField(at('additionalProperties'), 'additionalProperties and properties are mutual exclusive'),
      );
    }
    if (typeof additionalProperties === 'object') {
      const reason = 'inside additionalProperties applying to object metadata';
      check(
        additionalProperties,
        at('additionalProperties'),
        context.insideMeta ? { ...inner, noDefaults: reason } : inner,
        errors,
      );
    }
  }
  for (const name in properties) {
    const isMeta = name === 'metadata' || name === 'apiVersion' || name === 'kind';
    const own =
      isMeta && (context.isRoot || schema['x-kubernetes-embedded-resource'] === true)
        ? metaContext(inner, context, name)
        : inner;
    check(properties[name]!, `${at('properties')}[${name}]`, own, errors);
  }
  if (schema.not !== undefined) check(schema.not, at('not'), inner, errors);
  for (const keyword of ['allOf', 'oneOf', 'anyOf'] as const) {
    for (const [i, part] of (schema[keyword] ?? []).entries()) check(part, `${at(keyword)}[${i}]`, inner, errors);
  }
  if (schema.items !== undefined && !Array.isArray(schema.items)) check(schema.items, at('items'), inner, errors);
  validateMapKeywords(schema, path, errors);
  validateListKeywords(schema, path, errors);
  for (const [i, rule] of (schema['x-kubernetes-validations'] ?? []).entries()) {
    checkRule(rule, `${at('x-kubernetes-validations')}[${i}]`, errors);
  }
}

function metaContext(inner: Context, outer: Context, name: string): Context {
  return { ...inner, insideMeta: true, noDefaults: outer.isRoot ? `in top-level ${name}` : inner.noDefaults };
}

function checkOwn(schema: Schema, path: string, context: Context, errors: FieldError[]): void {
  const at = (keyword: string): string => keywordPath(path, keyword);
  const type: string | undefined = schema.type;
  if (type === 'null') {
    errors.push(forbiddenField(at('type'), 'type cannot be set to null, use nullable as an alternative'));
  } else if (type !== undefined && type !== '' && !types.includes(type))
    errors.push(notSupported(at('type'), type, types));
  if (schema.default !== undefined && context.noDefaults !== undefined) {
    errors.push(forbiddenField(at('default'), `must not be set ${context.noDefaults}`));
  }
  for (const keyword of unsupported) {
    if (Object.hasOwn(schema, keyword)) errors.push(forbiddenField(at(keyword), `${keyword} is not supported`));
  }
  if (!context.allowUnknownExtensions) {
    for (const keyword in schema) {
      if (keyword.startsWith('x-') && !knownExtensions.has(keyword)) {
        errors.push(forbiddenField(at(keyword), `${keyword} is not supported`));
      }
    }
  }
  if (Array.isArray(schema.items)) {
    errors.push(forbiddenField(at('items'), 'items must be a schema object and not an array'));
  }
  if (schema.uniqueItems === true) {
    const rule = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic';
    errors.push(forbiddenField(at('uniqueItems'), rule));
  }
  if (context.insideMeta && schema['x-kubernetes-embedded-resource'] === true) {
    errors.push(forbiddenField(at('x-kubernetes-embedded-resource'), 'must not be used inside of resource meta'));
  }
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) {
    errors.push(invalidValue(at('x-kubernetes-preserve-unknown-fields'), false, 'must be true or undefined'));
  }
}

const hasLineBreak = /[\r\n]/;

/** The parts of a CEL rule that can be checked without compiling it. */
function checkRule(rule: ValidationRule, path: string, errors: FieldError[]): void {
  const { message, messageExpression, fieldPath } = rule;
  const text = rule.rule ?? '';
  if (text.trim() === '') errors.push(required(`${path}.rule`, 'rule is not specified'));
  if (message !== undefined && message !== '' && message.trim() === '') {
    errors.push(invalidValue(`${path}.message`, message, 'must be non-empty if specified'));
  } else if (message !== undefined && hasLineBreak.test(message)) {
    errors.push(invalidValue(`${path}.message`, message, 'must not contain line breaks'));
  } else if (hasLineBreak.test(text) && !message) {
    errors.push(required(`${path}.message`, 'message must be specified if rule contains line breaks'));
  }
  if (messageExpression !== undefined && messageExpression !== '' && messageExpression.trim() === '') {
    errors.push(required(`${path}.messageExpression`, 'messageExpression must be non-empty if specified'));
  }
  if (fieldPath !== undefined && fieldPath !== '' && fieldPath.trim() === '') {
    errors.push(invalidValue(`${path}.fieldPath`, fieldPath, 'must be non-empty if specified'));
  } else if (fieldPath !== undefined && hasLineBreak.test(fieldPath)) {
    errors.push(invalidValue(`${path}.fieldPath`, fieldPath, 'must not contain line breaks'));
  }
}
