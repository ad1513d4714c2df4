import { configMapKeyErrors, type FieldError, invalidValue, type KubeObject, tooLong } from '@canopy/apimachinery';
import type { Strategy } from '@canopy/apiserver';
import { base64ByteLength } from './base64-length.ts';
import { maxDataBytes, validateImmutableData } from './config-map-strategy.ts';
import { opaqueSecretType, validateSecretType } from './secret-types.ts';

interface SecretObject extends KubeObject {
  type?: string;
  data?: Record<string, string>;
  stringData?: Record<string, string>;
  immutable?: boolean;
}

/** `stringData` is a convenience of writing: it goes into `data` and is never stored. */
function moveStringData(secret: SecretObject): void {
  const { stringData } = secret;
  delete secret.stringData;
  if (stringData === undefined || stringData === null) return;
  const data: Record<string, string> = { ...secret.data };
  for (const key in stringData) data[key] = Buffer.from(stringData[key] ?? '', 'utf8').toString('base64');
  secret.data = data;
}

function validateSecret(object: KubeObject): FieldError[] {
  const { data, type = opaqueSecretType, metadata } = object as SecretObject;
  const errors: FieldError[] = [];
  let size = 0;
  for (const key in data) {
    for (const error of configMapKeyErrors(key)) errors.push(invalidValue(`data[${key}]`, key, error));
    size += base64ByteLength(data[key]!);
  }
  if (size > maxDataBytes) errors.push(tooLong('data', maxDataBytes));
  errors.push(...validateSecretType(type, { data: data ?? {}, annotations: metadata.annotations ?? {} }));
  return errors;
}

export const secretStrategy: Strategy = {
  tracksGeneration: false,
  prepareForCreate(object) {
    const secret = object as SecretObject;
    secret.type ||= opaqueSecretType;
    moveStringData(secret);
  },
  validateCreate: validateSecret,
  prepareForUpdate(object, old) {
    const secret = object as SecretObject;
    const oldType = (old as SecretObject).type;
    if (!secret.type && oldType !== undefined) secret.type = oldType;
    moveStringData(secret);
  },
  validateUpdate(object, old) {
    const errors: FieldError[] = [];
    if (object.type !== old.type) errors.push(invalidValue('type', object.type, 'field is immutable'));
    errors.push(...validateImmutableData(object, old, ['data']), ...validateSecret(object));
    return errors;
  },
  selectableFields: { type: (object) => (object as SecretObject).type ?? '' },
};
