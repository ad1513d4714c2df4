/** The values of an index that an object stands under. */
export type IndexFunction<S> = (kept: S) => readonly string[];

/** Objects by key, and by the values of named indexes. What it gives out belongs to it: do not change it. */
export interface ReadonlyStore<S> {
  readonly size: number;
  get(key: string): S | undefined;
  list(): IterableIterator<S>;
  keys(): IterableIterator<string>;
  /** @throws RangeError for an index that was not declared */
  byIndex(index: string, value: string): S[];
}

export class ObjectStore<S> implements ReadonlyStore<S> {
  readonly #objects = new Map<string, S>();
  readonly #functions: Readonly<Record<string, IndexFunction<S>>>;
  readonly #indexes = new Map<string, Map<string, Set<string>>>();

  constructor(indexers: Readonly<Record<string, IndexFunction<S>>> = {}) {
    this.#functions = indexers;
    for (const name of Object.keys(indexers)) this.#indexes.set(name, new Map());
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): S | undefined {
    return this.#objects.get(key);
  }

  list(): IterableIterator<S> {
    return this.#objects.values();
  }

  keys(): IterableIterator<string> {
    return this.#objects.keys();
  }

  byIndex(index: string, value: string): S[] {
    const rows = this.#indexes.get(index);
    if (rows === undefined) throw new RangeError(`there is no index ${index}`);
    return [...(rows.get(value) ?? [])].map((key) => this.#objects.get(key)!);
  }

  put(key: string, kept: S): void {
    this.#unindex(key);
    this.#objects.set(key, kept);
    for (const [name, rows] of this.#indexes) {
      for (const value of this.#functions[name]!(kept)) {
        const keys = rows.get(value);
        if (keys === undefined) rows.set(value, new Set([key]));
        else keys.add(key);
      }
    }
  }

  delete(key: string): void {
    this.#unindex(key);
    this.#objects.delete(key);
  }

  #unindex(key: string): void {
    if (this.#indexes.size === 0) return;
    const kept = this.#objects.get(key);
    if (kept === undefined) return;
    for (const [name, rows] of this.#indexes) {
      for (const value of this.#functions[name]!(kept)) {
        const keys = rows.get(value);
        if (keys?.delete(key) && keys.size === 0) rows.delete(value);
      }
    }
  }
}
