import type { JsonObject, JsonValue, Schema } from '@canopy/apimachinery';
import { objectMetaMessageSchema } from '../meta/object-meta.ts';
import { wireFactsOf } from '../schema-dsl/wire-facts.ts';
import { type SpecialMessage, specialMessages } from './special-messages.ts';
import { WireError } from './wire-error.ts';
import { WireReader } from './wire-reader.ts';

/** Envelope of Kubernetes' protobuf: four magic bytes, then runtime.Unknown (KEP "protobuf", apimachinery docs). */
const magic = [0x6b, 0x38, 0x73, 0x00];

export interface Envelope {
  apiVersion: string;
  kind: string;
  raw: Uint8Array;
}

/** @throws WireError when the bytes are no Kubernetes protobuf */
export function decodeEnvelope(bytes: Uint8Array): Envelope {
  if (magic.some((byte, i) => bytes[i] !== byte))
    throw new WireError('the body does not start as Kubernetes protobuf does');
  const envelope: Envelope = { apiVersion: '', kind: '', raw: new Uint8Array(0) };
  const reader = new WireReader(bytes.subarray(4));
  for (let field = reader.next(); field !== undefined; field = reader.next()) {
    if (field.number === 1) readTypeMeta(reader.bytes(), envelope);
    else if (field.number === 2) envelope.raw = reader.bytes();
    else reader.skip(field.type);
  }
  return envelope;
}

function readTypeMeta(bytes: Uint8Array, envelope: Envelope): void {
  const reader = new WireReader(bytes);
  for (let field = reader.next(); field !== undefined; field = reader.next()) {
    if (field.number === 1) envelope.apiVersion = reader.text();
    else if (field.number === 2) envelope.kind = reader.text();
    else reader.skip(field.type);
  }
}

/** Property name and schema by field number. */
type FieldTable = ReadonlyMap<number, { name: string; schema: Schema }>;

const tables = new WeakMap<Schema, FieldTable>();

function tableOf(schema: Schema): FieldTable {
  let table = tables.get(schema);
  if (table === undefined) {
    const entries = new Map<number, { name: string; schema: Schema }>();
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      if (property.wire !== undefined) entries.set(property.wire, { name, schema: property });
    }
    table = entries;
    tables.set(schema, table);
  }
  return table;
}

/**
 * A protobuf message as the JSON object that its schema describes. Fields that the schema does not know are skipped;
 * empty values of fields without presence are left out, as Go leaves them out of JSON.
 *
 * @throws WireError when the bytes are cut off or malformed
 */
export function decodeMessage(bytes: Uint8Array, schema: Schema): JsonObject {
  const object: JsonObject = {};
  const table = tableOf(schema);
  const reader = new WireReader(bytes);
  for (let field = reader.next(); field !== undefined; field = reader.next()) {
    const entry = table.get(field.number);
    if (entry === undefined) reader.skip(field.type);
    else readField(reader, field.type, object, entry);
  }
  dropEmpty(object, schema);
  return object;
}

/** A whole API object: its `metadata` is the ObjectMeta message whatever the kind's schema says about it. */
export function decodeObjectMessage(bytes: Uint8Array, schema: Schema): JsonObject {
  const { metadata, ...properties } = schema.properties ?? {};
  return decodeMessage(bytes, metadata === undefined ? schema : withMetadata(schema, properties));
}

const completed = new WeakMap<Schema, Schema>();

function withMetadata(schema: Schema, properties: Record<string, Schema>): Schema {
  let full = completed.get(schema);
  if (full === undefined) {
    full = { ...schema, properties: { ...properties, metadata: { ...objectMetaMessageSchema, wire: 1 } } };
    completed.set(schema, full);
  }
  return full;
}

function readField(
  reader: WireReader,
  type: number,
  object: JsonObject,
  entry: { name: string; schema: Schema },
): void {
  const { name, schema } = entry;
  if (schema.type === 'array' && specialOf(schema) === undefined) {
    object[name] ??= [];
    readItems(reader, type, schema.items ?? {}, object[name] as JsonValue[]);
    return;
  }
  if (schema.type === 'object' && typeof schema.additionalProperties === 'object' && schema.properties === undefined) {
    object[name] ??= {};
    readMapEntry(reader.bytes(), schema.additionalProperties, object[name] as JsonObject);
    return;
  }
  object[name] = readValue(reader, type, schema);
}

/** Repeated scalars may come packed. */
function readItems(reader: WireReader, type: number, items: Schema, list: JsonValue[]): void {
  if (type === 2 && (items.type === 'integer' || items.type === 'boolean')) {
    const packed = new WireReader(reader.bytes());
    while (!packed.done) list.push(items.type === 'boolean' ? packed.varint() !== 0n : toNumber(packed.varint()));
    return;
  }
  list.push(readValue(reader, type, items));
}

function readMapEntry(bytes: Uint8Array, values: Schema, map: JsonObject): void {
  const reader = new WireReader(bytes);
  let key = '';
  let value: JsonValue = emptyValue(values);
  for (let field = reader.next(); field !== undefined; field = reader.next()) {
    if (field.number === 1) key = reader.text();
    else if (field.number === 2) value = readValue(reader, field.type, values);
    else reader.skip(field.type);
  }
  map[key] = value;
}

function emptyValue(schema: Schema): JsonValue {
  if (specialOf(schema)?.form === 'texts' || schema.type === 'array') return [];
  return schema.type === 'object' ? {} : '';
}

function specialOf(schema: Schema): SpecialMessage | undefined {
  const message = wireFactsOf(schema)?.message;
  return message === undefined ? undefined : specialMessages.get(message);
}

function readValue(reader: WireReader, type: number, schema: Schema): JsonValue {
  const special = specialOf(schema);
  if (special !== undefined) return readSpecial(reader.bytes(), special, schema);
  switch (schema.type) {
    case 'string':
      if (schema.format === 'byte') return Buffer.from(reader.bytes()).toString('base64');
      return reader.text();
    case 'boolean':
      return reader.varint() !== 0n;
    case 'integer':
      return toNumber(reader.varint());
    case 'number':
      return type === 1 ? reader.double() : type === 5 ? reader.float() : toNumber(reader.varint());
    default:
      return decodeMessage(reader.bytes(), schema);
  }
}

function toNumber(value: bigint): number {
  return Number(BigInt.asIntN(64, value));
}

function readSpecial(bytes: Uint8Array, special: SpecialMessage, schema: Schema): JsonValue {
  const reader = new WireReader(bytes);
  switch (special.form) {
    case 'timestamp':
      return readTimestamp(reader, special.digits);
    case 'text':
      return firstText(reader) ?? '';
    case 'json':
      return parseJson(firstText(reader));
    case 'texts': {
      const texts: string[] = [];
      for (let field = reader.next(); field !== undefined; field = reader.next()) {
        if (field.number === 1) texts.push(reader.text());
        else reader.skip(field.type);
      }
      return texts;
    }
    default:
      return readAlternative(reader, special.form, schema);
  }
}

function firstText(reader: WireReader): string | undefined {
  let text: string | undefined;
  for (let field = reader.next(); field !== undefined; field = reader.next()) {
    if (field.number === 1) text = reader.text();
    else reader.skip(field.type);
  }
  return text;
}

function parseJson(text: string | undefined): JsonValue {
  if (text === undefined || text === '') return null;
  try {
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    throw new WireError(`embedded JSON: ${(error as Error).message}`);
  }
}

function readTimestamp(reader: WireReader, digits: 0 | 6): JsonValue {
  let seconds: bigint | undefined;
  let nanos = 0n;
  for (let field = reader.next(); field !== undefined; field = reader.next()) {
    if (field.number === 1) seconds = BigInt.asIntN(64, reader.varint());
    else if (field.number === 2) nanos = reader.varint();
    else reader.skip(field.type);
  }
  if (seconds === undefined) return null;
  const text = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return digits === 0 ? `${text}Z` : `${text}.${String(nanos / 1000n).padStart(6, '0')}Z`;
}

/** The JSONSchemaPropsOr… messages: one field or the other carries the value. */
function readAlternative(reader: WireReader, form: SpecialMessage['form'], schema: Schema): JsonValue {
  const nested = jsonSchemaOf(schema);
  let allows: boolean | undefined;
  let object: JsonValue | undefined;
  const list: JsonValue[] = [];
  const booleanField = form === 'schemaOrBoolean' ? 1 : -1;
  const schemaField = form === 'schemaOrBoolean' ? 2 : 1;
  for (let field = reader.next(); field !== undefined; field = reader.next()) {
    if (field.number === booleanField) allows = reader.varint() !== 0n;
    else if (field.number === schemaField) object = decodeMessage(reader.bytes(), nested);
    else if (field.number === 2)
      list.push(form === 'schemaOrTexts' ? reader.text() : decodeMessage(reader.bytes(), nested));
    else reader.skip(field.type);
  }
  if (object !== undefined) return object;
  return form === 'schemaOrBoolean' ? (allows ?? true) : list;
}

/** Where the nested schema message stands in an alternative's schema. */
function jsonSchemaOf(schema: Schema): Schema {
  const candidates = [schema, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  return candidates.find((candidate) => candidate.properties !== undefined) ?? {};
}

/** Zero values are on the wire whether set or not; without presence they mean absent, unless the field is required. */
function dropEmpty(object: JsonObject, schema: Schema): void {
  for (const [name, value] of Object.entries(object)) {
    if (schema.required?.includes(name) === true) continue;
    const property = schema.properties?.[name];
    if (property === undefined || wireFactsOf(property)?.presence === true) continue;
    if (value === '' || value === 0 || value === false || value === null) delete object[name];
    else if (typeof value === 'object' && Object.keys(value).length === 0 && specialOf(property) === undefined)
      delete object[name];
  }
}
