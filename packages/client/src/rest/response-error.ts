import type { Status, StatusReason } from '@canopy/apimachinery';
import { parseJson, StatusError } from '@canopy/apimachinery';

const reasons: Readonly<Record<number, StatusReason>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  409: 'Conflict',
  410: 'Gone',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

const longestMessage = 2048;

/** The error a response stands for: that of the `Status` in its body, else one made from code and text. */
export function errorOfResponse(code: number, body: Uint8Array, retryAfterMs?: number): StatusError {
  const status = statusIn(body);
  if (status !== undefined) return errorOfStatus(status, code);
  const text = new TextDecoder().decode(body.subarray(0, longestMessage)).trim();
  const fallback =
    code === 404 ? 'the server could not find the requested resource' : `the server answered with status ${code}`;
  return new StatusError({
    code,
    reason: reasons[code] ?? 'Unknown',
    message: text === '' ? fallback : text,
    details: retryAfterMs === undefined ? undefined : { retryAfterSeconds: Math.ceil(retryAfterMs / 1000) },
  });
}

/** The error a `Status` stands for; `code` when it names none. */
export function errorOfStatus(status: Partial<Status>, code = 500): StatusError {
  const actual = status.code || code;
  return new StatusError({
    code: actual,
    reason: status.reason || reasons[actual] || 'Unknown',
    message: status.message ?? `the server answered with status ${actual}`,
    details: status.details,
    continueToken: status.metadata?.continue,
  });
}

export function isStatus(value: unknown): value is Partial<Status> {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'Status';
}

function statusIn(body: Uint8Array): Partial<Status> | undefined {
  if (body[0] !== 0x7b) return undefined;
  try {
    const value = parseJson(body);
    return isStatus(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
