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

/** Hears of a body: data, then one of the others. */
export interface BodyReader {
  data(chunk: Buffer): void;
  end(): void;
  /** The peer broke off. */
  broken(why?: string): void;
}

/** Where a body comes from: an HTTP/2 stream, or a message of HTTP/1.1. */
export interface BodySource {
  /** What has arrived and what will. Once. */
  read(reader: BodyReader): void;
  /** What is still to come is thrown away as it comes. */
  discard(): void;
  /** Ends the exchange. */
  destroy(): void;
}

/** What a peer that is late with its body gets to read the answer, in milliseconds. */
const answerMs = 1000;

/**
 * Collects a request body, bounded. 413 over `maxBytes`, 504 when it takes too long, 429 when it is the largest and
 * there are too many, 400 when the peer breaks off. What arrived counts as `holding` until the caller releases it.
 */
export function readBody(
  source: BodySource,
  limits: BodyLimits,
  declaredLength: string | undefined,
  holding: Holding,
): Promise<Buffer> {
  const { maxBytes, timeoutMs, budget } = limits;
  if (declaredLength !== undefined && Number(declaredLength) > maxBytes) {
    source.discard();
    return Promise.reject(tooLarge(maxBytes));
  }
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let done = false;
    let deadline: NodeJS.Timeout | undefined;
    const giveUp = (error: Error): void => {
      if (done) return;
      done = true;
      clearTimeout(deadline);
      chunks = [];
      holding.giveWay = undefined;
      budget.release(holding);
      source.discard();
      reject(error);
    };
    holding.giveWay = () => giveUp(tooManyRequests('too many large request bodies, please try again later', 1));
    source.read({
      data(chunk) {
        if (done) return;
        if (holding.bytes + chunk.length > maxBytes) giveUp(tooLarge(maxBytes));
        else if (budget.grow(holding, chunk.length)) chunks.push(chunk);
      },
      end() {
        if (done) return;
        done = true;
        clearTimeout(deadline);
        holding.giveWay = undefined;
        resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
      },
      broken: (why) => giveUp(badRequest(`the request body broke off${why === undefined ? '' : `: ${why}`}`)),
    });
    // Most bodies are there already.
    if (done) return;
    deadline = setTimeout(() => {
      giveUp(timeout('the request body did not arrive in time'));
      setTimeout(() => source.destroy(), answerMs).unref();
    }, timeoutMs);
  });
}

function tooLarge(limit: number): Error {
  return requestEntityTooLarge(`Request entity too large: limit is ${limit}`);
}

/** The body of a message of HTTP/1.1. */
export function readableBody(stream: Readable): BodySource {
  return {
    read(reader) {
      stream.on('data', (chunk: Buffer) => reader.data(chunk));
      stream.once('end', () => reader.end());
      stream.once('error', (error) => reader.broken(error.message));
      stream.once('close', () => reader.broken());
    },
    discard() {
      stream.removeAllListeners('data');
      stream.resume();
    },
    destroy: () => void stream.destroy(),
  };
}
