import type { StatusError } from '@canopy/apimachinery';
import type { ApiResponse } from '../endpoints/api-response.ts';

export function statusResponse(error: StatusError): ApiResponse {
  const retryAfter = error.details?.retryAfterSeconds;
  return {
    kind: 'complete',
    status: error.code,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-cache, private',
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
      ...(error.code === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    },
    body: JSON.stringify(error.toStatus()),
  };
}

const maxWarningBytes = 4096;

/** RFC 7234 warn-values with code 299, as Kubernetes sends them; one header, values joined by commas. */
export function warningHeader(texts: readonly string[]): string {
  const values: string[] = [];
  let size = 0;
  for (const text of texts) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: header values must not carry control characters
    const quoted = text.replace(/[\u0000-\u001f\u007f-\uffff]/g, '?').replace(/["\\]/g, '\\$&');
    const value = `299 - "${quoted}"`;
    size += value.length;
    if (size > maxWarningBytes) break;
    values.push(value);
  }
  return values.join(', ');
}
