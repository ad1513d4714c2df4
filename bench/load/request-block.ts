import type { Target } from '../server/canopy-process.ts';
import type { PlainRequest } from './session.ts';

/** A request that is ready to be sent, however often: its header block in parts, and its body. */
export interface PreparedRequest {
  /** `:method` and `:path`. */
  start: Buffer;
  /** What many requests of a connection have in common. */
  common: CommonFields;
  /** The rest of the block. */
  end: Buffer;
  body: Buffer | undefined;
}

/** Fields that a connection sends in full once and then, as HTTP/2 clients do, as places in its table. */
export interface CommonFields {
  /** Each is put in the table. */
  first: Buffer;
  /** Where they are from then on, if nothing else is put there. */
  again: Buffer;
  /** Without the table, for whoever shares the connection with other fields. */
  plain: Buffer;
}

const literal = 0x00;
const literalToTable = 0x40;
const indexed = 0x80;
/** The newest entry of the table comes right after the 61 static ones. Source: RFC 7541, 2.3.3. */
const firstDynamic = 62;
const methods: Readonly<Record<string, Buffer>> = Object.fromEntries(
  ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].map((method) => [method, field(':method', method, literal)]),
);
const noBytes = Buffer.alloc(0);
const pathName = text(':path');
const contentTypes = new Map<string, Buffer>();
const known = new Map<string, CommonFields>();

export function prepare(
  target: Pick<Target, 'token'>,
  method: string,
  path: string,
  body?: string | Buffer,
): PreparedRequest {
  return prepareRequest(target, { method, path, ...(body === undefined ? {} : { body }) });
}

export function prepareRequest(
  { token }: Pick<Target, 'token'>,
  { method, path, body, contentType }: PlainRequest,
): PreparedRequest {
  return {
    start: Buffer.concat([methods[method] ?? field(':method', method, literal), octets(literal), pathName, text(path)]),
    common: commonFields(token),
    end: body === undefined ? noBytes : contentTypeField(contentType ?? 'application/json'),
    body: typeof body === 'string' ? Buffer.from(body) : body,
  };
}

function commonFields(token: string): CommonFields {
  let fields = known.get(token);
  if (fields === undefined) {
    fields = encodeCommon([
      [':scheme', 'https'],
      [':authority', 'localhost'],
      ['authorization', `Bearer ${token}`],
      ['accept', 'application/json'],
    ]);
    known.set(token, fields);
  }
  return fields;
}

function encodeCommon(fields: readonly (readonly [string, string])[]): CommonFields {
  return {
    first: Buffer.concat(fields.map(([name, value]) => field(name, value, literalToTable))),
    again: octets(...fields.map((_, i) => indexed | (firstDynamic + fields.length - 1 - i))),
    plain: Buffer.concat(fields.map(([name, value]) => field(name, value, literal))),
  };
}

function contentTypeField(value: string): Buffer {
  let encoded = contentTypes.get(value);
  if (encoded === undefined) {
    encoded = field('content-type', value, literal);
    contentTypes.set(value, encoded);
  }
  return encoded;
}

function field(name: string, value: string, kind: number): Buffer {
  return Buffer.concat([octets(kind), text(name), text(value)]);
}

/** A string without Huffman coding. Source: RFC 7541, 5.2. */
function text(value: string): Buffer {
  const length = Buffer.byteLength(value, 'latin1');
  const size: number[] = [Math.min(length, 127)];
  if (length >= 127) {
    let more = length - 127;
    for (; more >= 128; more >>>= 7) size.push((more & 127) | 128);
    size.push(more);
  }
  const out = Buffer.allocUnsafe(size.length + length);
  out.set(size);
  out.write(value, size.length, 'latin1');
  return out;
}

function octets(...values: number[]): Buffer {
  return Buffer.from(values);
}
