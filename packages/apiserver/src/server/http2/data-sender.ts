import { LinkedList } from '../linked-list.ts';
import { defaultFrameBytes, defaultWindow, flag, frameHead, frameType } from './frames.ts';
import type { Output } from './output.ts';
import type { ServerStream } from './server-stream.ts';

/**
 * Sends what the streams of a connection have to say, as far as windows and socket have room, and each in its turn. Watches
 * and other answers without a known end go before complete ones, which only come later: a watch that falls behind is cut off.
 */
export class DataSender {
  /** What the peer takes on the connection. Bytes. */
  window = defaultWindow;
  /** The largest payload that the peer takes. Bytes. */
  frameBytes = defaultFrameBytes;
  private readonly output: Output;
  /** Streams that only wait for the connection: the others hear of it when their own window grows. */
  private readonly openEnded = new LinkedList<ServerStream>();
  private readonly complete = new LinkedList<ServerStream>();
  /** DATA frames up to now. */
  framesSent = 0;

  constructor(output: Output) {
    this.output = output;
  }

  send(stream: ServerStream): void {
    if (stream.waitsIn !== undefined) return;
    while (wantsToSend(stream)) {
      if (!this.hasRoomFor(stream)) {
        this.await(stream);
        return;
      }
      this.sendFrame(stream);
    }
  }

  /** A frame of each waiting stream in turn, as long as there is room. */
  pump(): void {
    if (this.pumpAll(this.openEnded)) this.pumpAll(this.complete);
  }

  /** False when the room is used up. */
  private pumpAll(waiting: LinkedList<ServerStream>): boolean {
    for (let stream = waiting.first; stream !== undefined; stream = waiting.first) {
      if (!this.hasRoomFor(stream)) return false;
      this.forget(stream);
      if (!wantsToSend(stream)) continue;
      this.sendFrame(stream);
      if (wantsToSend(stream)) this.await(stream);
    }
    return true;
  }

  private await(stream: ServerStream): void {
    stream.waitsIn = stream.isEnding ? this.complete : this.openEnded;
    stream.waitsIn.add(stream);
  }

  forget(stream: ServerStream): void {
    stream.waitsIn?.delete(stream);
    stream.waitsIn = undefined;
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
