import { statusOf } from './answer-status.ts';
import { frameFlag, frameType, headBytes } from './frames.ts';

/** What a server sends, as far as a client cares. Bytes are valid during the call only. */
export interface AnswerEvents {
  onHead(stream: number, status: number): void;
  onData(stream: number, bytes: Buffer, start: number, end: number): void;
  onEnd(stream: number): void;
  /** Frames of other types, complete. */
  onControl(head: { type: number; flags: number; stream: number }, payload: Buffer): void;
}

/** Cuts what a socket brings into frames; DATA goes on piece by piece as it comes, so that nothing of it is copied. */
export class AnswerReader {
  private readonly events: AnswerEvents;
  private rest: Buffer | undefined;
  /** Of the DATA frame that has begun. */
  private data = { stream: 0, left: 0, ends: false, open: false };

  constructor(events: AnswerEvents) {
    this.events = events;
  }

  read(chunk: Buffer): void {
    const bytes = this.rest === undefined ? chunk : Buffer.concat([this.rest, chunk]);
    this.rest = undefined;
    let at = 0;
    for (;;) {
      if (this.data.open) at = this.pass(bytes, at);
      if (this.data.open || at + headBytes > bytes.length) break;
      const length = bytes.readUIntBE(at, 3);
      const head = {
        type: bytes[at + 3] as number,
        flags: bytes[at + 4] as number,
        stream: bytes.readUInt32BE(at + 5),
      };
      if (head.type === frameType.data) {
        if ((head.flags & frameFlag.padded) !== 0) throw new Error('padding was not expected');
        this.data = { stream: head.stream, left: length, ends: (head.flags & frameFlag.endStream) !== 0, open: true };
        at += headBytes;
        continue;
      }
      if (at + headBytes + length > bytes.length) break;
      this.frame(head, bytes, { start: at + headBytes, end: at + headBytes + length });
      at += headBytes + length;
    }
    // The chunk may be used again for what comes next.
    if (at < bytes.length) this.rest = Buffer.from(bytes.subarray(at));
  }

  private pass(bytes: Buffer, at: number): number {
    const { data, events } = this;
    const end = Math.min(bytes.length, at + data.left);
    if (end > at) events.onData(data.stream, bytes, at, end);
    data.left -= end - at;
    if (data.left > 0) return end;
    data.open = false;
    if (data.ends) events.onEnd(data.stream);
    return end;
  }

  private frame(
    head: { type: number; flags: number; stream: number },
    bytes: Buffer,
    { start, end }: { start: number; end: number },
  ): void {
    if (head.type !== frameType.headers) {
      this.events.onControl(head, bytes.subarray(start, end));
      return;
    }
    this.events.onHead(head.stream, statusOf(bytes, start));
    if ((head.flags & frameFlag.endStream) !== 0) this.events.onEnd(head.stream);
  }
}
