/** How often and how long a request is repeated because the server said so. */
export interface RetryPolicy {
  /** Repetitions after the first attempt. */
  maxRetries: number;
  /** A longer `Retry-After` is not waited for: the error goes to the caller. */
  maxDelayMs: number;
}

export const defaultRetryPolicy: RetryPolicy = { maxRetries: 10, maxDelayMs: 30_000 };

/** Milliseconds of a `Retry-After` header, seconds or an HTTP date (RFC 9110, section 10.2.3); undefined if it is none. */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** Whether a status with a `Retry-After` invites the same request again: 429 and all of 5xx. */
export function invitesRetry(status: number): boolean {
  return status === 429 || status >= 500;
}
