/** What is asked of a socket. */
interface Writing {
  /** Bytes given to it, and those of them that have not left. */
  readonly bytesWritten: number;
  readonly writableLength: number;
  destroy(): void;
}

/** Ends connections whose peer takes nothing of what was written for too long. */
export class StalledSockets {
  private readonly timeoutMs: number;
  /** Those with something unsent: how much had left when last looked at, and since when it is no more. */
  private readonly waiting = new WeakMap<Writing, { left: number; since: number }>();

  constructor(timeoutMs: number) {
    this.timeoutMs = timeoutMs;
  }

  /** To be called now and then. Milliseconds, monotonic. */
  sweep(sockets: Iterable<Writing>, now: number): void {
    for (const socket of sockets) {
      if (socket.writableLength === 0) {
        this.waiting.delete(socket);
        continue;
      }
      const left = socket.bytesWritten - socket.writableLength;
      const known = this.waiting.get(socket);
      if (known === undefined || known.left !== left) this.waiting.set(socket, { left, since: now });
      else if (now - known.since >= this.timeoutMs) socket.destroy();
    }
  }
}
