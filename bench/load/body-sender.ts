import { frameFlag, frameHead, frameType } from './frames.ts';

const frameBytes = 16_384;

/** Sends bodies as DATA, within what the server takes on each stream and on the connection. */
export class BodySender {
  /** Of new streams. */
  streamWindow = 65_535;
  private connectionWindow = 65_535;
  private readonly add: (head: Buffer, part: Buffer) => void;
  /** Bodies that are not out, with the windows of their streams; in the order of their requests. */
  private readonly pending = new Map<number, { rest: Buffer; window: number }>();

  constructor(add: (head: Buffer, part: Buffer) => void) {
    this.add = add;
  }

  send(stream: number, body: Buffer): void {
    const pending = { rest: body, window: this.streamWindow };
    if (!this.sendPart(stream, pending)) this.pending.set(stream, pending);
  }

  /** Stream 0 is the connection. */
  widen(stream: number, bytes: number): void {
    if (stream === 0) this.connectionWindow += bytes;
    const one = this.pending.get(stream);
    if (one !== undefined) one.window += bytes;
    if (this.pending.size === 0) return;
    for (const [id, pending] of this.pending) if (this.sendPart(id, pending)) this.pending.delete(id);
  }

  forget(stream: number): void {
    this.pending.delete(stream);
  }

  /** True when all of it is out. */
  private sendPart(stream: number, pending: { rest: Buffer; window: number }): boolean {
    for (;;) {
      const { rest } = pending;
      const length = Math.min(rest.length, frameBytes, pending.window, this.connectionWindow);
      if (length <= 0 && rest.length > 0) return false;
      const last = length === rest.length;
      this.add(frameHead(length, frameType.data, last ? frameFlag.endStream : 0, stream), rest.subarray(0, length));
      pending.window -= length;
      this.connectionWindow -= length;
      if (last) return true;
      pending.rest = rest.subarray(length);
    }
  }
}
