import type { Readable } from 'node:stream';
import { badRequest, requestEntityTooLarge, timeout, tooManyRequests } from '@canopy/apimachinery';
import type { ByteBudget, Holding } from './byte-budget.ts';

export interface BodyLimits {
  /** Largest body in bytes. */
  maxBytes: number;
  /** Time for the whole body to arrive, in milliseconds. */
  timeoutMs: number;
  /** Of all bodies in memory together. */
  budget: ByteBudget;
}

/** What a peer that is late with its body gets to read the answer, in milliseconds. */
const answerMs = 1000;

/**
 * Collects a request body, bounded. 413 over `maxBytes`, 504 when it takes too long, 429 when it is the largest and
 * there are too many, 400 when the peer breaks off. What arrived counts as `holding` until the caller releases it.
 */
export function readBody(
  stream: Readable,
  limits: BodyLimits,
  declaredLength: string | undefined,
  holding: Holding,
): Promise<Buffer> {
  const { maxBytes, timeoutMs, budget } = limits;
  if (declaredLength !== undefined && Number(declaredLength) > maxBytes) {
    stream.resume();
    return Promise.reject(tooLarge(maxBytes));
  }
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    const giveUp = (error: Error): void => {
      clearTimeout(deadline);
      chunks = [];
      holding.giveWay = undefined;
      budget.release(holding);
      stream.removeAllListeners('data');
      stream.resume();
      reject(error);
    };
    const deadline = setTimeout(() => {
      giveUp(timeout('the request body did not arrive in time'));
      setTimeout(() => stream.destroy(), answerMs).unref();
    }, timeoutMs);
    holding.giveWay = () => giveUp(tooManyRequests('too many large request bodies, please try again later', 1));
    stream.on('data', (chunk: Buffer) => {
      if (holding.bytes + chunk.length > maxBytes) giveUp(tooLarge(maxBytes));
      else if (budget.grow(holding, chunk.length)) chunks.push(chunk);
    });
    let ended = false;
    stream.once('end', () => {
      ended = true;
      clearTimeout(deadline);
      holding.giveWay = undefined;
      resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
    });
    stream.once('error', (error) => reject(badRequest(`the request body broke off: ${error.message}`)));
    stream.once('close', () => {
      clearTimeout(deadline);
      if (!ended) giveUp(badRequest('the request body broke off'));
    });
  });
}

function tooLarge(limit: number): Error {
  return requestEntityTooLarge(`Request entity too large: limit is ${limit}`);
}
