import type { Duplex } from 'node:stream';

/** With this much unsent a connection takes no more data of streams; each keeps its own. Bytes. */
const mostBytes = 256 * 1024;
/** What all connections that send much have of a turn together, in equal parts, so that nobody waits long for a turn to end. Bytes. */
const bytesPerTurn = 512 * 1024;
/** The least of these parts, and what counts as much. Bytes. */
const leastBytes = 32 * 1024;
/** With this much unsent nothing more is read either: answers without a body wait for no window. Bytes. */
const fullBytes = 1024 * 1024;

/** Connections of this thread with something to send, each once. */
let unsent: Output[] = [];
let sending: NodeJS.Immediate | undefined;

/** What a connection may have unsent before it takes no more data of streams. */
let partBytes = mostBytes;

/** Sends what there is now; otherwise it leaves at the end of the turn. */
export function flushOutputs(): void {
  const outputs = unsent;
  const large = outputs.reduce((count, output) => count + (output.sendsMuch ? 1 : 0), 0);
  partBytes = Math.min(mostBytes, Math.max(leastBytes, bytesPerTurn / large));
  // What they have to say again, now that they have room, is for the next turn, also when this is not the end of this one.
  unsent = [];
  clearImmediate(sending);
  sending = undefined;
  for (const output of outputs) output.flush();
}

/**
 * What goes out on a connection. All that is written in one turn of the event loop leaves in one piece, so that many small
 * answers cost one record and one system call.
 */
export class Output {
  private readonly socket: Duplex;
  private readonly onRoom: () => void;
  private parts: Buffer[] = [];
  private bytes = 0;
  private isUnsent = false;

  /** `onRoom` is called when bytes have left; for those that wait in the socket, `drain` tells. */
  constructor(socket: Duplex, onRoom: () => void) {
    this.socket = socket;
    this.onRoom = onRoom;
  }

  get sendsMuch(): boolean {
    return this.bytes >= leastBytes;
  }

  get isCongested(): boolean {
    return this.bytes + this.socket.writableLength > partBytes;
  }

  get isFull(): boolean {
    return this.bytes + this.socket.writableLength > fullBytes;
  }

  /** The buffer belongs to the output from now on. */
  push(part: Buffer): void {
    this.parts.push(part);
    this.bytes += part.length;
    if (this.isUnsent) return;
    this.isUnsent = true;
    unsent.push(this);
    sending ??= setImmediate(flushOutputs);
  }

  flush(): void {
    this.isUnsent = false;
    const { parts, bytes } = this;
    if (bytes === 0) return;
    this.parts = [];
    this.bytes = 0;
    if (!this.socket.writable) return;
    if (this.writeAll(parts, bytes)) this.onRoom();
  }

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
