import { decodeEnvelope, decodeObjectMessage, WireError } from '@canopy/api';
import {
  badRequest,
  type KubeObject,
  parseYamlDocument,
  type Schema,
  unsupportedMediaType,
} from '@canopy/apimachinery';
import type { UserContext } from './request-context.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });

export const protobufMediaType = 'application/vnd.kubernetes.protobuf';
export const objectMediaTypes = ['application/json', 'application/yaml', protobufMediaType] as const;

/** The body of a request. One that is still on its way takes nobody's place. */
export function readBody(context: UserContext): Uint8Array | Promise<Uint8Array> {
  const body = context.body();
  return body instanceof Promise && context.seat !== undefined ? context.seat.awayFor(body) : body;
}

export function mediaTypeOf(contentType: string | undefined): string {
  const semicolon = contentType?.indexOf(';') ?? -1;
  return (semicolon === -1 ? contentType : contentType?.slice(0, semicolon))?.trim().toLowerCase() ?? '';
}

export function decodeText(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw badRequest('the request body is not valid UTF-8');
  }
}

/**
 * Parses JSON, YAML or, where the body's message has field numbers, Kubernetes' protobuf, by content type. 415 for
 * others, 400 when malformed. `known` is the body as text, for those who have it.
 */
export async function decodeBody(
  bytes: Uint8Array,
  contentType: string | undefined,
  message?: Schema,
  known?: string,
): Promise<unknown> {
  const mediaType = mediaTypeOf(contentType);
  if (mediaType === protobufMediaType && message !== undefined) return decodeProtobuf(bytes, message);
  const text = known ?? decodeText(bytes);
  if (mediaType === 'application/json' || mediaType === '') return parseJsonBody(text);
  if (mediaType === 'application/yaml' || mediaType === 'application/x-yaml') {
    try {
      return await parseYamlDocument(text);
    } catch (error) {
      throw badRequest(`error parsing the body as YAML: ${(error as Error).message}`);
    }
  }
  throw unsupportedMediaType(objectMediaTypes);
}

function decodeProtobuf(bytes: Uint8Array, message: Schema): unknown {
  try {
    const { apiVersion, kind, raw } = decodeEnvelope(bytes);
    return { apiVersion, kind, ...decodeObjectMessage(raw, message) };
  } catch (error) {
    if (error instanceof WireError) throw badRequest(`couldn't decode the body as protobuf: ${error.message}`);
    throw error;
  }
}

export function parseJsonBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRequest(`couldn't decode the body as JSON: ${(error as Error).message}`);
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Checks that a decoded body is an object of the expected kind; fills in apiVersion and kind where they are missing. */
export function expectKind(value: unknown, expected: { apiVersion: string; kind: string }): KubeObject {
  if (!isObject(value)) throw badRequest(`the body must be a JSON object of kind ${expected.kind}`);
  const apiVersion = value.apiVersion ?? expected.apiVersion;
  const kind = value.kind ?? expected.kind;
  if (apiVersion !== expected.apiVersion || kind !== expected.kind) {
    const got = `${String(apiVersion)}, Kind=${String(kind)}`;
    throw badRequest(
      `the API version in the data (${got}) does not match the expected API version (${expected.apiVersion}, Kind=${expected.kind})`,
    );
  }
  const metadata = value.metadata ?? {};
  if (!isObject(metadata)) throw badRequest('metadata must be an object');
  checkMetadataTypes(metadata);
  return { ...value, apiVersion: expected.apiVersion, kind: expected.kind, metadata } as KubeObject;
}

const stringMaps = ['labels', 'annotations'] as const;
const strings = ['name', 'generateName', 'namespace', 'uid', 'resourceVersion'] as const;
const lists = ['finalizers', 'ownerReferences', 'managedFields'] as const;

/** The parts of metadata that the server itself works with must have the right types before anything else looks at them. */
export function checkMetadataTypes(metadata: Record<string, unknown>): void {
  for (const field of strings) {
    const value = metadata[field];
    if (value === null) delete metadata[field];
    else if (value !== undefined && typeof value !== 'string') throw badRequest(`metadata.${field} must be a string`);
  }
  for (const field of stringMaps) {
    const value = metadata[field];
    if (value === null) delete metadata[field];
    else if (value !== undefined) {
      if (!isObject(value)) throw badRequest(`metadata.${field} must be a map of strings`);
      for (const [key, entry] of Object.entries(value)) {
        if (entry === null) value[key] = '';
        else if (typeof entry !== 'string')
          throw badRequest(`metadata.${field}[${JSON.stringify(key)}] must be a string`);
      }
      if (Object.keys(value).length === 0) delete metadata[field];
    }
  }
  for (const field of lists) {
    const value = metadata[field];
    if (value === null) delete metadata[field];
    else if (value !== undefined && !Array.isArray(value)) throw badRequest(`metadata.${field} must be a list`);
  }
  for (const finalizer of (metadata.finalizers as unknown[] | undefined) ?? []) {
    if (typeof finalizer !== 'string') throw badRequest('metadata.finalizers must be a list of strings');
  }
  for (const owner of (metadata.ownerReferences as unknown[] | undefined) ?? []) {
    if (!isObject(owner)) throw badRequest('metadata.ownerReferences must be a list of objects');
  }
}
