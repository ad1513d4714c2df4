import type { Duplex } from 'node:stream';

/** With this much unsent the connection takes no more data of streams; each keeps its own. Bytes. */
const highWaterBytes = 256 * 1024;
/** With this much unsent nothing more is read either: answers without a body wait for no window. Bytes. */
const fullBytes = 1024 * 1024;

/**
 * What goes out on a connection. All that is written in one turn of the event loop leaves in one piece, so that many small
 * answers cost one record and one system call.
 */
export class Output {
  private readonly socket: Duplex;
  private readonly onRoom: () => void;
  private parts: Buffer[] = [];
  private bytes = 0;
  private scheduled = false;

  /** `onRoom` is called when bytes have left; for those that wait in the socket, `drain` tells. */
  constructor(socket: Duplex, onRoom: () => void) {
    this.socket = socket;
    this.onRoom = onRoom;
  }

  get isCongested(): boolean {
    return this.bytes + this.socket.writableLength > highWaterBytes;
  }

  get isFull(): boolean {
    return this.bytes + this.socket.writableLength > fullBytes;
  }

  /** The buffer belongs to the output from now on. */
  push(part: Buffer): void {
    this.parts.push(part);
    this.bytes += part.length;
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(this.flush);
  }

  readonly flush = (): void => {
    this.scheduled = false;
    const { parts, bytes } = this;
    if (bytes === 0) return;
    this.parts = [];
    this.bytes = 0;
    if (!this.socket.writable) return;
    if (this.writeAll(parts, bytes)) this.onRoom();
  };

  /** Much at once is not copied here: the socket's own code joins what it is given together. False when it wants a pause. */
  private writeAll(parts: readonly Buffer[], bytes: number): boolean {
    if (bytes <= smallBytes) return this.socket.write(joined(parts, bytes));
    this.socket.cork();
    let room = true;
    for (const part of parts) room = this.socket.write(part);
    this.socket.uncork();
    return room;
  }
}

/** Up to here one buffer is cheaper than many writes. */
const smallBytes = 64 * 1024;

function joined(parts: readonly Buffer[], bytes: number): Buffer {
  return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts, bytes);
}
