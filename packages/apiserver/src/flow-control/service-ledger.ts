const bits = 10;
const width = 1 << bits;

/**
 * How far each key has been served, in virtual time. Fixed memory (16 KiB) however many keys there are: each key has a
 * hand of two counters, chosen by its hash, and is as far as the lower of them. Two keys disturb each other only
 * when they share both. A counter behind the virtual clock means nothing any more, so nothing is ever cleared.
 */
export class ServiceLedger {
  private readonly counters = new Float64Array(2 * width);

  servedUntil(hash: number): number {
    return Math.min(this.counters[first(hash)]!, this.counters[second(hash)]!);
  }

  /** Only raises. */
  serveUntil(hash: number, time: number): void {
    const a = first(hash);
    const b = second(hash);
    if (this.counters[a]! < time) this.counters[a] = time;
    if (this.counters[b]! < time) this.counters[b] = time;
  }
}

function first(hash: number): number {
  return hash & (width - 1);
}

function second(hash: number): number {
  return width + ((hash >>> bits) & (width - 1));
}
