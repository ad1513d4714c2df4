/** What can be in one {@link LinkedList} at a time. */
export interface Linked<T> {
  before: T | undefined;
  after: T | undefined;
}

/**
 * A set of objects that come and go all the time, in the order in which they came. A `Set` would make a new table every so many
 * changes, and each table keeps the one that follows it: once one of them has reached the old generation, so do all later ones with what
 * is in them, until a full collection.
 */
export class LinkedList<T extends Linked<T>> {
  first: T | undefined;
  size = 0;
  private last: T | undefined;

  /** Items that are in the list already must not be added. */
  add(item: T): void {
    const { last } = this;
    item.before = last;
    if (last === undefined) this.first = item;
    else last.after = item;
    this.last = item;
    this.size += 1;
  }

  has(item: T): boolean {
    return item.before !== undefined || this.first === item;
  }

  /** False when it is not in the list. */
  delete(item: T): boolean {
    if (!this.has(item)) return false;
    const { before, after } = item;
    if (before === undefined) this.first = after;
    else before.after = after;
    if (after === undefined) this.last = before;
    else after.before = before;
    item.before = undefined;
    item.after = undefined;
    this.size -= 1;
    return true;
  }
}
