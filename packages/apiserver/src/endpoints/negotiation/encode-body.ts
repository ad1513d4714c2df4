import type { BodyFormat } from './representation.ts';

/** Whether a client wants indented output: it says so, or it is a tool that people look at (as Kubernetes decides it). */
export function wantsPretty(query: URLSearchParams, userAgent: string | undefined): boolean {
  if (query.size > 0) {
    const value = query.get('pretty');
    if (value !== null && value !== '') return trueValues.has(value);
  }
  if (userAgent === undefined) return false;
  return userAgent.startsWith('curl') || userAgent.startsWith('Wget') || userAgent.startsWith('Mozilla/5.0');
}

const trueValues = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);

/** JSON text; indented output ends with a newline so that a shell prompt starts on its own line. */
export function encodeJson(value: unknown, pretty: boolean): string {
  return pretty ? `${JSON.stringify(value, null, 2)}\n` : JSON.stringify(value);
}

/** JSON that is already encoded, indented when asked. Returns its input otherwise. */
export function indentJson<T extends Uint8Array | string>(body: T, pretty: boolean): T | string {
  return pretty ? encodeJson(parse(body), true) : body;
}

/** Text of a value in the negotiated format. The YAML library is loaded when it is first needed. */
export async function encodeBody(value: unknown, format: BodyFormat, pretty: boolean): Promise<string> {
  if (format === 'json') return encodeJson(value, pretty);
  const { stringify } = await import('yaml');
  // Strings that YAML 1.1 readers take for booleans or octal numbers have to be quoted.
  return stringify(value, { version: '1.1', aliasDuplicateObjects: false, lineWidth: 0 });
}

/** As {@link encodeBody}, for JSON that is already encoded. */
export async function recodeBody<T extends Uint8Array | string>(
  body: T,
  format: BodyFormat,
  pretty: boolean,
): Promise<T | string> {
  return format === 'json' ? indentJson(body, pretty) : encodeBody(parse(body), format, pretty);
}

function parse(body: Uint8Array | string): unknown {
  if (typeof body === 'string') return JSON.parse(body);
  return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
}
