import type { HeaderDecoder, HeaderFields } from './header-decoder.ts';

/** The header list of one request may have this size, as the specification counts it, in bytes. */
export const maxHeaderListBytes = 64 * 1024;

const fieldOverhead = 32;
const requiredPseudo = [':method', ':scheme', ':path'];
const knownPseudo = new Set([...requiredPseudo, ':authority']);
/** Fields about one connection of HTTP/1.1. Source: RFC 9113, 8.2.2. */
const connectionFields = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade']);

/** Without inherited names, and without the cost of `Object.create(null)`, whose objects are hash tables. */
class Fields {
  [name: string]: string;
}
Object.setPrototypeOf(Fields.prototype, null);
Reflect.deleteProperty(Fields.prototype, 'constructor');

export type RequestHeaders =
  | { kind: 'request' | 'trailers'; fields: HeaderFields }
  /** The stream is reset; the connection goes on. */
  | { kind: 'malformed' }
  | { kind: 'too large' };

/** Decodes and checks the header block of a request, or its trailers. Source: RFC 9113, 8.1 to 8.3. */
export function readRequestHeaders(decoder: HeaderDecoder, block: Buffer, trailers: boolean): RequestHeaders {
  const fields: HeaderFields = new Fields();
  let size = 0;
  let good = true;
  let regular = false;
  decoder.decode(block, (name, value) => {
    size += name.length + value.length + fieldOverhead;
    if (size > maxHeaderListBytes) return;
    const known = fields[name];
    if (name.charCodeAt(0) === colon) {
      if (trailers || regular || known !== undefined || !knownPseudo.has(name)) good = false;
    } else {
      regular = true;
      if (!isFieldName(name) || connectionFields.has(name) || (name === 'te' && value !== 'trailers')) good = false;
    }
    fields[name] = known === undefined ? value : `${known}${name === 'cookie' ? '; ' : ', '}${value}`;
  });
  if (size > maxHeaderListBytes) return { kind: 'too large' };
  if (!trailers) for (const name of requiredPseudo) if (!fields[name]) good = false;
  return good ? { kind: trailers ? 'trailers' : 'request', fields } : { kind: 'malformed' };
}

const colon = 0x3a;

/** Names that passed, since they are mostly the same ones. */
const goodNames = new Set<string>();
const maxGoodNames = 1000;

function isFieldName(name: string): boolean {
  if (goodNames.has(name)) return true;
  if (!/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name)) return false;
  if (goodNames.size < maxGoodNames) goodNames.add(name);
  return true;
}
