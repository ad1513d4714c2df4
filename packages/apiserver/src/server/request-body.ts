import type { Readable } from 'node:stream';
import { badRequest, requestEntityTooLarge, timeout } from '@canopy/apimachinery';

export interface BodyLimits {
  /** Largest body in bytes. */
  maxBytes: number;
  /** Time for the whole body to arrive, in milliseconds. */
  timeoutMs: number;
}

/** What a peer that is late with its body gets to read the answer, in milliseconds. */
const answerMs = 1000;

/** Collects a request body, bounded. 413 over `maxBytes`, 504 when it takes too long, 400 when the peer breaks off. */
export function readBody(
  stream: Readable,
  { maxBytes: limit, timeoutMs }: BodyLimits,
  declaredLength: string | undefined,
): Promise<Buffer> {
  if (declaredLength !== undefined && Number(declaredLength) > limit) {
    stream.resume();
    return Promise.reject(tooLarge(limit));
  }
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let size = 0;
    const deadline = setTimeout(() => {
      chunks = [];
      stream.removeAllListeners('data');
      stream.resume();
      reject(timeout('the request body did not arrive in time'));
      setTimeout(() => stream.destroy(), answerMs).unref();
    }, timeoutMs);
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) {
        stream.removeAllListeners('data');
        stream.resume();
        clearTimeout(deadline);
        chunks = [];
        reject(tooLarge(limit));
        return;
      }
      chunks.push(chunk);
    });
    let ended = false;
    stream.once('end', () => {
      ended = true;
      clearTimeout(deadline);
      resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size));
    });
    stream.once('error', (error) => reject(badRequest(`the request body broke off: ${error.message}`)));
    stream.once('close', () => {
      clearTimeout(deadline);
      if (!ended) reject(badRequest('the request body broke off'));
    });
  });
}

function tooLarge(limit: number): Error {
  return requestEntityTooLarge(`Request entity too large: limit is ${limit}`);
}
