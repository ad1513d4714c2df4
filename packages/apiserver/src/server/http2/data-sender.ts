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
  /** Streams that only wait for the connection: the others hear of it when their own window grows. */
  private readonly ready = new Set<ServerStream>();
  /** DATA frames up to now. */
  framesSent = 0;

  constructor(output: Output) {
    this.output = output;
  }

  send(stream: ServerStream): void {
    if (this.ready.has(stream)) return;
    while (wantsToSend(stream)) {
      if (!this.hasRoomFor(stream)) {
        this.ready.add(stream);
        return;
      }
      this.sendFrame(stream);
    }
  }

  /** A frame of each waiting stream in turn, as long as there is room. */
  pump(): void {
    for (const stream of this.ready) {
      if (!this.hasRoomFor(stream)) return;
      this.ready.delete(stream);
      if (!wantsToSend(stream)) continue;
      this.sendFrame(stream);
      if (wantsToSend(stream)) this.ready.add(stream);
    }
  }

  forget(stream: ServerStream): void {
    this.ready.delete(stream);
  }

  /** An empty frame ends a stream and needs no window. */
  private hasRoomFor(stream: ServerStream): boolean {
    return stream.outgoingBytes === 0 || (this.window > 0 && !this.output.isCongested);
  }

  private sendFrame(stream: ServerStream): void {
    const length = Math.max(0, Math.min(this.frameBytes, this.window, stream.sendWindow, stream.outgoingBytes));
    const last = stream.isEnding && length === stream.outgoingBytes;
    const head = { type: frameType.data, flags: last ? flag.endStream : 0, stream: stream.id };
    this.output.push(frameHead(length, head));
    this.take(stream, length);
    stream.sendWindow -= length;
    this.window -= length;
    this.framesSent += 1;
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
    stream.sentBytes += length;
  }
}

function wantsToSend(stream: ServerStream): boolean {
  if (stream.destroyed) return false;
  return stream.outgoingBytes === 0 ? stream.isEnding : stream.sendWindow > 0;
}
