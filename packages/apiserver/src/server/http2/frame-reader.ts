import { ConnectionError, errorCode } from './connection-error.ts';
import { defaultFrameBytes, type FrameHead, frameHeadBytes } from './frames.ts';

/** Cuts what a socket brings into frames. Holds at most one frame that is not complete. */
export class FrameReader {
  private rest: Buffer[] = [];
  private restBytes = 0;
  /** Bytes needed before there is anything to do. */
  private wanted = frameHeadBytes;
  private held = false;
  private readonly onFrame: (head: FrameHead, payload: Buffer) => void;
  private readonly mayRead: (head: FrameHead) => boolean;

  /**
   * `onFrame` may keep the payload. What it throws ends the reading. When `mayRead` says no, the frame and what follows it are
   * kept until {@link readOn}.
   */
  constructor(onFrame: (head: FrameHead, payload: Buffer) => void, mayRead: (head: FrameHead) => boolean = () => true) {
    this.onFrame = onFrame;
    this.mayRead = mayRead;
  }

  /** Whether frames are kept that could be read. */
  get isHeld(): boolean {
    return this.held;
  }

  /** Whether a frame has begun and not ended. */
  get isInside(): boolean {
    return this.restBytes > 0;
  }

  /** Throws a ConnectionError for a frame that is too large. */
  push(chunk: Buffer): void {
    if (this.restBytes > 0) {
      this.rest.push(chunk);
      this.restBytes += chunk.length;
      if (!this.held && this.restBytes >= this.wanted) this.cutRest();
    } else this.cut(chunk);
  }

  /** Reads what was kept; the first frame is let through. */
  readOn(): void {
    if (!this.held) return;
    this.held = false;
    this.cutRest(true);
  }

  private cutRest(letThrough = false): void {
    const all = this.rest.length === 1 ? (this.rest[0] as Buffer) : Buffer.concat(this.rest, this.restBytes);
    this.rest = [];
    this.restBytes = 0;
    this.cut(all, letThrough);
  }

  private cut(bytes: Buffer, letThrough = false): void {
    let at = 0;
    let free = letThrough;
    for (;;) {
      const left = bytes.length - at;
      if (left < frameHeadBytes) {
        this.keep(bytes, at, frameHeadBytes);
        return;
      }
      const length = bytes.readUIntBE(at, 3);
      if (length > defaultFrameBytes) throw new ConnectionError(errorCode.frameSize, 'a frame is too large');
      if (left < frameHeadBytes + length) {
        this.keep(bytes, at, frameHeadBytes + length);
        return;
      }
      const head = {
        type: bytes[at + 3] as number,
        flags: bytes[at + 4] as number,
        stream: bytes.readUInt32BE(at + 5) & 0x7fffffff,
      };
      if (!free && !this.mayRead(head)) {
        this.held = true;
        this.keep(bytes, at, frameHeadBytes);
        return;
      }
      free = false;
      const start = at + frameHeadBytes;
      at = start + length;
      this.onFrame(head, bytes.subarray(start, at));
    }
  }

  private keep(bytes: Buffer, at: number, wanted: number): void {
    this.wanted = wanted;
    if (at === bytes.length) return;
    this.rest = [at === 0 ? bytes : bytes.subarray(at)];
    this.restBytes = bytes.length - at;
  }
}
