import type { Readable } from 'node:stream';
import { badRequest, requestEntityTooLarge } from '@canopy/apimachinery';

/** Collects a request body, bounded. 413 over `limit` bytes, 400 when the peer breaks off. */
export function readBody(stream: Readable, limit: number, declaredLength: string | undefined): Promise<Buffer> {
  if (declaredLength !== undefined && Number(declaredLength) > limit) {
    stream.resume();
    return Promise.reject(tooLarge(limit));
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) {
        stream.removeAllListeners('data');
        stream.resume();
        reject(tooLarge(limit));
        return;
      }
      chunks.push(chunk);
    });
    let ended = false;
    stream.once('end', () => {
      ended = true;
      resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size));
    });
    stream.once('error', (error) => reject(badRequest(`the request body broke off: ${error.message}`)));
    stream.once('close', () => {
      if (!ended) reject(badRequest('the request body broke off'));
    });
  });
}

function tooLarge(limit: number): Error {
  return requestEntityTooLarge(`Request entity too large: limit is ${limit}`);
}
