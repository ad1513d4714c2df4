/** So many are remembered. */
const maxRemembered = 1000;

/**
 * Streams that were closed here before their peer had said all: what it had on its way is no error of it. Frames on any
 * other stream that is closed are. Source: RFC 9113, 5.1.
 */
export class ClosedStreams {
  private readonly unfinished = new Set<number>();
  /** Up to this one the peer gets the benefit of the doubt. */
  private forgotten = 0;

  add(stream: number): void {
    this.unfinished.add(stream);
    if (this.unfinished.size <= maxRemembered) return;
    const [oldest = 0] = this.unfinished;
    this.unfinished.delete(oldest);
    this.forgotten = Math.max(this.forgotten, oldest);
  }

  /** The peer has said its last word. */
  delete(stream: number): void {
    this.unfinished.delete(stream);
  }

  mayStillCome(stream: number): boolean {
    return stream <= this.forgotten || this.unfinished.has(stream);
  }
}
