import { type Storage, StorageError } from '@canopy/storage';

/** A store as a process sees it that dies after so many transactions: from then on every call fails, and none reaches the store. */
export interface CutStorage {
  storage: Storage;
  /** Counting starts now. */
  cutAfter(transactions: number): void;
  readonly isCut: boolean;
}

export function cutStorage(real: Storage): CutStorage {
  let left = Number.POSITIVE_INFINITY;
  const cut = {
    storage: new Proxy(real, {
      get(target, property) {
        const value: unknown = Reflect.get(target, property, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          if (property === 'transact' && left > 0) left -= 1;
          else if (left <= 0) return Promise.reject(new StorageError('Closed', 'the process is gone'));
          return Reflect.apply(value, target, args) as unknown;
        };
      },
    }),
    cutAfter: (transactions: number) => {
      left = transactions;
    },
    get isCut() {
      return left <= 0;
    },
  };
  return cut;
}
