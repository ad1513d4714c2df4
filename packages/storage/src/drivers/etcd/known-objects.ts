import type { StorageKey } from '../../storage.ts';
import type { ObjectState } from './stored-object.ts';

/**
 * The states of objects that were read or written lately. A write assumes that they are still so and has etcd compare;
 * so what is outdated here costs a repetition, and is never wrong.
 */
export class KnownObjects {
  readonly #states = new Map<string, ObjectState>();
  readonly #limit: number;

  constructor(limit = 20_000) {
    this.#limit = limit;
  }

  get(key: StorageKey): ObjectState | undefined {
    return this.#states.get(key);
  }

  /** Older knowledge does not replace newer. */
  set(key: StorageKey, state: ObjectState): void {
    const known = this.#states.get(key);
    if (known !== undefined) {
      if (state.modified !== 0 && state.modified < known.modified) return;
      this.#states.delete(key);
    }
    if (state.modified === 0) return;
    this.#states.set(key, state);
    if (this.#states.size <= this.#limit) return;
    const [oldest] = this.#states.keys();
    this.#states.delete(oldest as string);
  }
}
