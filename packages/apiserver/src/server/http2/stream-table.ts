/** What can be in a {@link StreamTable}. */
export interface Numbered<T> {
  readonly id: number;
  /** The next one in the same bucket. */
  nextInBucket: T | undefined;
}

const fewestBuckets = 8;

/**
 * The open streams of a connection by their numbers, which are odd and follow one another. For why it is no `Map`, see
 * `LinkedList`: streams come and go all the time.
 */
export class StreamTable<T extends Numbered<T>> {
  size = 0;
  private buckets: (T | undefined)[] = newBuckets(fewestBuckets);

  get(id: number): T | undefined {
    let found = this.buckets[this.bucketOf(id)];
    while (found !== undefined && found.id !== id) found = found.nextInBucket;
    return found;
  }

  /** There must be none with its number. */
  add(stream: T): void {
    if (this.size >= this.buckets.length) this.grow();
    this.put(stream);
    this.size += 1;
  }

  delete(stream: T): void {
    const at = this.bucketOf(stream.id);
    let before: T | undefined;
    let found = this.buckets[at];
    while (found !== undefined && found !== stream) {
      before = found;
      found = found.nextInBucket;
    }
    if (found === undefined) return;
    if (before === undefined) this.buckets[at] = stream.nextInBucket;
    else before.nextInBucket = stream.nextInBucket;
    stream.nextInBucket = undefined;
    this.size -= 1;
  }

  /** All that are in it now. */
  all(): T[] {
    const all: T[] = [];
    for (let found of this.buckets) for (; found !== undefined; found = found.nextInBucket) all.push(found);
    return all;
  }

  private bucketOf(id: number): number {
    return (id >>> 1) & (this.buckets.length - 1);
  }

  private put(stream: T): void {
    const at = this.bucketOf(stream.id);
    stream.nextInBucket = this.buckets[at];
    this.buckets[at] = stream;
  }

  private grow(): void {
    const all = this.all();
    this.buckets = newBuckets(2 * this.buckets.length);
    for (const stream of all) this.put(stream);
  }
}

function newBuckets<T>(count: number): (T | undefined)[] {
  return new Array<T | undefined>(count).fill(undefined);
}
