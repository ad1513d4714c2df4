import type { JsonObject, JsonValue } from '../meta/object.ts';
import type { Schema } from '../schema/schema.ts';
import { goTypeName, goValue } from './go-format.ts';

/**
 * Why a strategic merge patch was refused, and the answer Kubernetes gives: `malformed` 400 BadRequest with this message,
 * `unsupported` 422 Invalid with "the server rejected our request due to an error in our request", `failed` 500 with this
 * message and no reason.
 */
export type StrategicMergePatchErrorKind = 'malformed' | 'unsupported' | 'failed';

export class StrategicMergePatchError extends Error {
  readonly kind: StrategicMergePatchErrorKind;

  constructor(kind: StrategicMergePatchErrorKind, message: string) {
    super(message);
    this.name = 'StrategicMergePatchError';
    this.kind = kind;
  }
}

export function malformed(message: string): StrategicMergePatchError {
  return new StrategicMergePatchError('malformed', message);
}

export function failure(message: string): StrategicMergePatchError {
  return new StrategicMergePatchError('failed', message);
}

export function noMergeKey(item: JsonObject, mergeKey: string): StrategicMergePatchError {
  return failure(`map: ${goValue(item)} does not contain declared merge key: ${mergeKey}`);
}

export function wrongType(expected: string, actual: JsonValue): StrategicMergePatchError {
  return failure(`expected a ${expected}, but received a ${goTypeName(actual)}`);
}

/** How a field is merged. */
export interface FieldMeta {
  /** Of the field's value; undefined where the schema says nothing. */
  schema: Schema | undefined;
  /** `merge`, `replace` or empty. */
  strategy: string;
  mergeKey: string;
}

const UNKNOWN: FieldMeta = { schema: undefined, strategy: '', mergeKey: '' };

/**
 * @throws StrategicMergePatchError if the object has declared fields, but not this one
 */
export function fieldMeta(schema: Schema | undefined, field: string): FieldMeta {
  if (schema === undefined) return UNKNOWN;
  const { properties, additionalProperties } = schema;
  const property = properties !== undefined && Object.hasOwn(properties, field) ? properties[field] : undefined;
  if (property === undefined) {
    if (typeof additionalProperties === 'object') return { schema: additionalProperties, strategy: '', mergeKey: '' };
    if (properties === undefined || additionalProperties === true) return UNKNOWN;
    if (schema['x-kubernetes-preserve-unknown-fields'] === true) return UNKNOWN;
    throw failure(`unable to find api field "${field}"`);
  }
  return {
    schema: property,
    strategy: strategyOf(property['x-kubernetes-patch-strategy']),
    mergeKey: property['x-kubernetes-patch-merge-key'] ?? '',
  };
}

/** The strategy that is left beside `retainKeys`, which is up to the patch's directive. */
function strategyOf(text: string | undefined): string {
  if (text === undefined || text === 'retainKeys') return '';
  if (!text.includes(',')) return text;
  const strategies = text.split(',');
  const others = strategies.filter((strategy) => strategy !== 'retainKeys');
  if (strategies.length !== 2 || others.length === 2) {
    throw failure(`unexpected patch strategy: [${strategies.join(' ')}]`);
  }
  return others[0] ?? 'retainKeys';
}
