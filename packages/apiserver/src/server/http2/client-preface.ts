import { ConnectionError, errorCode } from './connection-error.ts';
import { preface } from './frames.ts';

/** What every client sends first. Source: RFC 9113, 3.4. */
export class ClientPreface {
  private seen = 0;

  /** What follows it; undefined while it is incomplete. Throws for anything else. */
  skip(chunk: Buffer): Buffer | undefined {
    const length = Math.min(chunk.length, preface.length - this.seen);
    if (length === 0) return chunk;
    if (!chunk.subarray(0, length).equals(preface.subarray(this.seen, this.seen + length)))
      throw new ConnectionError(errorCode.protocol, 'this is not HTTP/2');
    this.seen += length;
    return this.seen < preface.length ? undefined : chunk.subarray(length);
  }
}
