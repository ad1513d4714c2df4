import {
  configMapKeyErrors,
  deepEqual,
  type FieldError,
  forbiddenField,
  invalidValue,
  type KubeObject,
  tooLong,
  utf8Length,
} from '@canopy/apimachinery';
import type { Strategy } from '@canopy/apiserver';
import { base64ByteLength } from './base64-length.ts';

/** All values of one ConfigMap or Secret together, in bytes. */
export const maxDataBytes = 1024 * 1024;
export const immutableMessage = 'field is immutable when `immutable` is set';

interface ConfigMapObject extends KubeObject {
  data?: Record<string, string>;
  binaryData?: Record<string, string>;
  immutable?: boolean;
}

function checkKeys(
  keys: Record<string, string> | undefined,
  field: 'data' | 'binaryData',
  others: Record<string, string> | undefined,
  errors: FieldError[],
): void {
  for (const key in keys) {
    const path = `${field}[${key}]`;
    for (const error of configMapKeyErrors(key)) errors.push(invalidValue(path, key, error));
    if (others !== undefined && Object.hasOwn(others, key)) {
      const other = field === 'data' ? 'binaryData' : 'data';
      errors.push(invalidValue(path, key, `duplicate of key present in ${other}`));
    }
  }
}

function validateConfigMap(object: KubeObject): FieldError[] {
  const { data, binaryData } = object as ConfigMapObject;
  const errors: FieldError[] = [];
  checkKeys(data, 'data', binaryData, errors);
  checkKeys(binaryData, 'binaryData', data, errors);
  if (isTooLong(data, binaryData)) errors.push(tooLong('[]', maxDataBytes));
  return errors;
}

/** Bytes are counted only when there may be too many: a character has three at most for each of its units. */
function isTooLong(data: ConfigMapObject['data'], binaryData: ConfigMapObject['binaryData']): boolean {
  let most = 0;
  for (const key in data) most += 3 * data[key]!.length;
  for (const key in binaryData) most += binaryData[key]!.length;
  if (most <= maxDataBytes) return false;
  let size = 0;
  for (const key in data) size += utf8Length(data[key]!);
  for (const key in binaryData) size += base64ByteLength(binaryData[key]!);
  return size > maxDataBytes;
}

/** Errors of changing `fields` of an object that is marked as immutable. */
export function validateImmutableData(object: KubeObject, old: KubeObject, fields: readonly string[]): FieldError[] {
  if (old.immutable !== true) return [];
  const errors: FieldError[] = [];
  if (object.immutable !== true) errors.push(forbiddenField('immutable', immutableMessage));
  for (const field of fields) {
    if (!deepEqual(object[field] ?? {}, old[field] ?? {})) errors.push(forbiddenField(field, immutableMessage));
  }
  return errors;
}

export const configMapStrategy: Strategy = {
  tracksGeneration: false,
  validateCreate: validateConfigMap,
  validateUpdate: (object, old) => [
    ...validateImmutableData(object, old, ['data', 'binaryData']),
    ...validateConfigMap(object),
  ],
};
