import { defaultFrameBytes, defaultWindow, flag, frameHead, frameType } from './frames.ts';
import type { Output } from './output.ts';
import type { ServerStream } from './server-stream.ts';

/** Sends what the streams of a connection have to say, as far as windows and socket have room, and each in its turn. */
export class DataSender {
  /** What the peer takes on the connection. Bytes. */
  window = defaultWindow;
  /** The largest payload that the peer takes. Bytes. */
  frameBytes = defaultFrameBytes;
  private readonly output: Output;
  /** Streams with bytes that there was no room for. */
  private readonly blocked = new Set<ServerStream>();

  constructor(output: Output) {
    this.output = output;
  }

  send(stream: ServerStream): void {
    if (!this.blocked.has(stream)) while (this.canSend(stream)) this.sendFrame(stream);
    if (!stream.destroyed && (stream.outgoingBytes > 0 || stream.isEnding)) this.blocked.add(stream);
  }

  /** A frame of each blocked stream in turn, as long as there is room. */
  pump(): void {
    let sent = true;
    while (sent && this.blocked.size > 0 && !this.output.isCongested) {
      sent = false;
      for (const stream of [...this.blocked]) {
        if (this.canSend(stream)) {
          this.sendFrame(stream);
          sent = true;
        }
        if (stream.destroyed || (stream.outgoingBytes === 0 && !stream.isEnding)) this.blocked.delete(stream);
      }
    }
  }

  forget(stream: ServerStream): void {
    this.blocked.delete(stream);
  }

  /** An empty frame ends a stream and needs no window. */
  private canSend(stream: ServerStream): boolean {
    if (stream.destroyed || this.output.isCongested) return false;
    if (stream.outgoingBytes === 0) return stream.isEnding;
    return this.window > 0 && stream.sendWindow > 0;
  }

  private sendFrame(stream: ServerStream): void {
    const length = Math.max(0, Math.min(this.frameBytes, this.window, stream.sendWindow, stream.outgoingBytes));
    const last = stream.isEnding && length === stream.outgoingBytes;
    const head = { type: frameType.data, flags: last ? flag.endStream : 0, stream: stream.id };
    this.output.push(frameHead(length, head));
    this.take(stream, length);
    stream.sendWindow -= length;
    this.window -= length;
    if (last) stream.finish();
  }

  private take(stream: ServerStream, length: number): void {
    const { outgoing } = stream;
    let left = length;
    let whole = 0;
    while (left > 0) {
      const chunk = outgoing[whole] as Buffer;
      if (chunk.length > left) {
        this.output.push(chunk.subarray(0, left));
        outgoing[whole] = chunk.subarray(left);
        break;
      }
      this.output.push(chunk);
      left -= chunk.length;
      whole += 1;
    }
    outgoing.splice(0, whole);
    stream.outgoingBytes -= length;
  }
}
