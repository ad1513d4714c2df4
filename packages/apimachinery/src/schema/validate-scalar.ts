import { goNumber } from '../go-number.ts';
import type { FieldError } from '../meta/field-error.ts';
import { invalidValue, tooLong, typeInvalid } from '../meta/field-error.ts';
import { codePointLength } from '../utf8-length.ts';
import type { SchemaNode } from './schema-node.ts';
import type { ValidationRun } from './validation-run.ts';

/** Length, pattern and format. Of length and pattern only the first failure is reported, as in Kubernetes. */
export function validateString(node: SchemaNode, value: string, run: ValidationRun): void {
  const error = lengthError(node, value) ?? patternError(node, value);
  if (error !== undefined) run.fail(error);
  const { formatCheck } = node;
  if (formatCheck !== undefined && !formatCheck(value)) {
    const { format } = node.schema;
    run.fail((path) => typeInvalid(path, value, `${path} in body must be of type ${format}: ${JSON.stringify(value)}`));
  }
}

type ErrorAt = (path: string) => FieldError;

function lengthError(node: SchemaNode, value: string): ErrorAt | undefined {
  const { minLength, maxLength } = node.schema;
  if (maxLength !== undefined && value.length > maxLength && codePointLength(value) > maxLength) {
    return (path) => tooLong(path, maxLength);
  }
  if (minLength !== undefined && (value.length < minLength || codePointLength(value) < minLength)) {
    return (path) => invalidValue(path, value, `${path} in body should be at least ${minLength} chars long`);
  }
  return undefined;
}

function patternError(node: SchemaNode, value: string): ErrorAt | undefined {
  if (!node.schema.pattern) return undefined;
  const { expression, source, error } = node.pattern;
  if (expression?.test(value) === true) return undefined;
  const text = expression === undefined ? `${source}, but pattern is invalid: ${error}` : source;
  return (path) => invalidValue(path, value, `${path} in body should match '${text}'`);
}

const int64Limit = 2 ** 63;
const float32Limit = 3.4028235677973366e38;

export function validateNumber(
  node: SchemaNode,
  value: number | bigint,
  kind: 'integer' | 'number',
  run: ValidationRun,
): void {
  const { schema, numberFormat } = node;
  if (
    schema.type === 'integer' &&
    schema['x-kubernetes-int-or-string'] !== true &&
    (kind !== 'integer' || !fits(value, numberFormat))
  ) {
    const suffix = numberFormat === '' ? '(default format)' : `with format ${numberFormat}`;
    run.failNowhere((path) => `Checked value must be of type integer ${suffix} in ${path}`);
  }
  if (numberFormat === 'float' && Math.abs(Number(value)) >= float32Limit) {
    run.failNowhere((path) => `Checked value must be of type number with format float in ${path}`);
  }
  const { multipleOf, maximum, minimum } = schema;
  if (multipleOf !== undefined && !isMultiple(value, multipleOf)) {
    run.fail((path) => invalidValue(path, value, `${path} in body should be a multiple of ${goNumber(multipleOf)}`));
  }
  if (maximum !== undefined && (value > maximum || (schema.exclusiveMaximum === true && !(value < maximum)))) {
    const bound = `${schema.exclusiveMaximum === true ? 'less than' : 'less than or equal to'} ${goNumber(maximum)}`;
    run.fail((path) => invalidValue(path, value, `${path} in body should be ${bound}`));
  }
  if (minimum !== undefined && (value < minimum || (schema.exclusiveMinimum === true && !(value > minimum)))) {
    const bound = `${schema.exclusiveMinimum === true ? 'greater than' : 'greater than or equal to'} ${goNumber(minimum)}`;
    run.fail((path) => invalidValue(path, value, `${path} in body should be ${bound}`));
  }
}

function fits(value: number | bigint, format: string): boolean {
  if (format === 'int32') return value >= -2147483648 && value <= 2147483647;
  return value >= -int64Limit && value < int64Limit;
}

/** Integers exactly, others within the rounding of floating point: 0.3 is a multiple of 0.1. */
function isMultiple(value: number | bigint, factor: number): boolean {
  if (factor <= 0) return false;
  if (Number.isInteger(factor)) {
    if (typeof value === 'bigint') return value % BigInt(factor) === 0n;
    if (Number.isInteger(value)) return value % factor === 0;
  }
  const quotient = factor < 1 ? (1 / factor) * Number(value) : Number(value) / factor;
  const rounded = Math.round(quotient);
  return Math.abs(quotient - rounded) <= 1e-9 * Math.max(1, Math.abs(quotient));
}
