/** What is compared in a {@link WaitingLine}. */
export interface Place {
  /** Virtual time at which its turn comes. */
  tag: number;
  /** Of arrival; decides between equal tags. */
  order: number;
}

/** A bounded binary heap: the next is found in O(log n), the last, which is asked for in overload only, in O(n). */
export class WaitingLine<T extends Place> {
  private readonly heap: T[] = [];
  private readonly capacity: number;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get size(): number {
    return this.heap.length;
  }

  /** In no order. */
  all(): readonly T[] {
    return this.heap;
  }

  next(): T | undefined {
    return this.heap[0];
  }

  /** Answers who has no place: nobody, `item` itself, or whoever came last and gave way to it. */
  add(item: T): T | undefined {
    if (this.heap.length < this.capacity) {
      this.heap.push(item);
      this.rise(this.heap.length - 1);
      return undefined;
    }
    const at = this.lastIndex();
    const last = this.heap[at];
    if (last === undefined || !before(item, last)) return item;
    this.heap[at] = item;
    this.rise(at);
    return last;
  }

  take(): T | undefined {
    const taken = this.heap[0];
    const moved = this.heap.pop();
    if (moved !== undefined && this.heap.length > 0) {
      this.heap[0] = moved;
      this.sink(0);
    }
    return taken;
  }

  /** Takes out all for which `gone` holds, in no order. */
  remove(gone: (item: T) => boolean): T[] {
    const removed = this.heap.filter(gone);
    if (removed.length === 0) return removed;
    const kept = this.heap.filter((item) => !gone(item));
    this.heap.splice(0, this.heap.length, ...kept);
    this.putInOrder();
    return removed;
  }

  /** Lets everybody's turn come later by what `by` says of them. */
  delay(by: (item: T) => number): void {
    for (const item of this.heap) item.tag += by(item);
    this.putInOrder();
  }

  private putInOrder(): void {
    for (let i = (this.heap.length >> 1) - 1; i >= 0; i--) this.sink(i);
  }

  /** The last one is a leaf. */
  private lastIndex(): number {
    let at = this.heap.length >> 1;
    for (let i = at + 1; i < this.heap.length; i++) if (before(this.heap[at]!, this.heap[i]!)) at = i;
    return at;
  }

  private rise(index: number): void {
    const item = this.heap[index]!;
    let at = index;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(item, this.heap[parent]!)) break;
      this.heap[at] = this.heap[parent]!;
      at = parent;
    }
    this.heap[at] = item;
  }

  private sink(index: number): void {
    const item = this.heap[index]!;
    let at = index;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.heap.length) break;
      if (child + 1 < this.heap.length && before(this.heap[child + 1]!, this.heap[child]!)) child += 1;
      if (!before(this.heap[child]!, item)) break;
      this.heap[at] = this.heap[child]!;
      at = child;
    }
    this.heap[at] = item;
  }
}

function before(a: Place, b: Place): boolean {
  return a.tag < b.tag || (a.tag === b.tag && a.order < b.order);
}
