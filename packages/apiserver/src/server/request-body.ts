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
 * Collects a request body, bounded. What arrived counts until it is released. One object for all of it: most bodies are
 * there when they are asked for, and then nothing else is made.
 */
export class BodyReading implements BodyReader, Holding {
  bytes = 0;
  before: Holding | undefined;
  after: Holding | undefined;
  private readonly source: BodySource;
  private readonly limits: BodyLimits;
  private chunks: Buffer[] = [];
  private result: Buffer | Error | undefined;
  private deadline: NodeJS.Timeout | undefined;
  private settle: (() => void) | undefined;

  constructor(source: BodySource, limits: BodyLimits) {
    this.source = source;
    this.limits = limits;
  }

  /**
   * Once. No promise if all of it is there. 413 over `maxBytes`, 504 when it takes too long, 429 when it is the largest and
   * there are too many, 400 when the peer breaks off.
   */
  read(declaredLength: string | undefined): Buffer | Promise<Buffer> {
    if (declaredLength !== undefined && Number(declaredLength) > this.limits.maxBytes)
      this.giveUp(tooLarge(this.limits.maxBytes));
    else this.source.read(this);
    if (Buffer.isBuffer(this.result)) return this.result;
    return new Promise((resolve, reject) => {
      this.settle = () => {
        if (Buffer.isBuffer(this.result)) resolve(this.result);
        else reject(this.result);
      };
      if (this.result === undefined) this.deadline = setTimeout(late, this.limits.timeoutMs, this);
      else this.settle();
    });
  }

  release(): void {
    this.limits.budget.release(this);
  }

  get canGiveWay(): boolean {
    return this.result === undefined;
  }

  giveWay(): void {
    this.giveUp(tooManyRequests('too many large request bodies, please try again later', 1));
  }

  data(chunk: Buffer): void {
    if (this.result !== undefined) return;
    const { maxBytes, budget } = this.limits;
    if (this.bytes + chunk.length > maxBytes) this.giveUp(tooLarge(maxBytes));
    else if (budget.grow(this, chunk.length)) this.chunks.push(chunk);
  }

  end(): void {
    const { chunks } = this;
    this.finish(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
  }

  broken(why?: string): void {
    this.giveUp(badRequest(`the request body broke off${why === undefined ? '' : `: ${why}`}`));
  }

  isLate(): void {
    this.giveUp(timeout('the request body did not arrive in time'));
    setTimeout(() => this.source.destroy(), answerMs).unref();
  }

  private giveUp(error: Error): void {
    if (this.result !== undefined) return;
    this.release();
    this.source.discard();
    this.finish(error);
  }

  private finish(result: Buffer | Error): void {
    if (this.result !== undefined) return;
    this.result = result;
    this.chunks = [];
    clearTimeout(this.deadline);
    this.settle?.();
  }
}

function late(reading: BodyReading): void {
  reading.isLate();
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
