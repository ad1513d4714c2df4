import type { JsonValue, Schema } from '@canopy/apimachinery';
import type { Keywords, Typed } from './typed-schema.ts';
import { addWireFacts } from './wire-facts.ts';

export function string(description: string, keywords?: Keywords): Typed<string> {
  return { type: 'string', description, ...keywords };
}

/** A string that is one of `values`, and nothing else. */
export function oneOfStrings<const V extends readonly string[]>(
  description: string,
  values: V,
  keywords?: Keywords,
): Typed<V[number]> {
  return { type: 'string', description, enum: [...values], ...keywords };
}

export function boolean(description: string, keywords?: Keywords): Typed<boolean> {
  return { type: 'boolean', description, ...keywords };
}

export function int32(description: string, keywords?: Keywords): Typed<number> {
  return { type: 'integer', format: 'int32', description, ...keywords };
}

export function int64(description: string, keywords?: Keywords): Typed<number> {
  return { type: 'integer', format: 'int64', description, ...keywords };
}

export function double(description: string, keywords?: Keywords): Typed<number> {
  return { type: 'number', format: 'double', description, ...keywords };
}

/** Bytes as base64 text. */
export function bytes(description: string): Typed<string> {
  return { type: 'string', format: 'byte', description };
}

/** metav1.Time: RFC 3339 in UTC, seconds precision. */
export function time(description: string): Typed<string> {
  return withMessage('io.k8s.apimachinery.pkg.apis.meta.v1.Time', { type: 'string', format: 'date-time', description });
}

/** metav1.MicroTime: RFC 3339 in UTC with six digits of fraction. */
export function microTime(description: string): Typed<string> {
  return withMessage('io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime', {
    type: 'string',
    format: 'date-time',
    description,
  });
}

/** resource.Quantity: text such as `100m` or `2Gi`; numbers are accepted too. */
export function quantity(description: string): Typed<string | number> {
  return withMessage('io.k8s.apimachinery.pkg.api.resource.Quantity', {
    'x-kubernetes-int-or-string': true,
    anyOf: [{ type: 'integer' }, { type: 'string' }],
    description,
  });
}

/** Any JSON value, carried as text in protobuf. */
export function anyJson(message: string, description: string): Typed<JsonValue> {
  return withMessage(message, { 'x-kubernetes-preserve-unknown-fields': true, description });
}

function withMessage<T>(message: string, schema: Schema): Typed<T> {
  addWireFacts(schema, { message });
  return schema as Typed<T>;
}
