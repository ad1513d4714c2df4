import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ChangeFollower,
  type IndexRangeOptions,
  type KeyValue,
  type LeaseId,
  type RangeOptions,
  type RangeResult,
  type Revision,
  type Storage,
  StorageError,
  type StorageKey,
  type Subscription,
  type Transaction,
  type TransactionResult,
} from '@canopy/storage';

/**
 * What becomes of a write: `refused` is not written and says so; of `lost` and `written` nobody is told what they are,
 * only that it is unknown; `late` is written after some milliseconds.
 */
export type WriteFault = 'refused' | 'lost' | 'written' | 'late';

const lateMs = 50;

/** A store whose writes go wrong as a test wishes; what is read and followed is what the store under it has. */
export class FaultyStorage implements Storage {
  readonly driver: string;
  readonly revisionStride?: number;
  /** Asked for each write. */
  fault: (transaction: Transaction) => WriteFault | undefined = () => undefined;
  private readonly inner: Storage;
  private readonly followers = new Set<{ follower: ChangeFollower; subscription: Subscription }>();

  constructor(inner: Storage) {
    this.inner = inner;
    this.driver = inner.driver;
    if (inner.revisionStride !== undefined) this.revisionStride = inner.revisionStride;
  }

  /** From now on nobody hears of changes. */
  loseLog(error: Error): void {
    for (const entry of this.followers) {
      entry.subscription.close();
      entry.follower.onError(error);
    }
    this.followers.clear();
  }

  async transact(transaction: Transaction): Promise<TransactionResult> {
    const fault = this.fault(transaction);
    if (fault === 'refused') throw new StorageError('StorageUnavailable', 'the store is away');
    if (fault === 'late') await sleep(lateMs);
    if (fault !== 'lost') {
      const result = await this.inner.transact(transaction);
      if (fault !== 'written') return result;
    }
    throw new StorageError('StorageFailed', 'the answer was lost; whether this write happened is unknown');
  }

  async follow(after: Revision, follower: ChangeFollower): Promise<Subscription> {
    const entry = { follower, subscription: await this.inner.follow(after, follower) };
    this.followers.add(entry);
    return {
      close: () => {
        this.followers.delete(entry);
        entry.subscription.close();
      },
    };
  }

  get(key: StorageKey, options?: { revision?: Revision }): Promise<KeyValue | undefined> {
    return this.inner.get(key, options);
  }

  range(prefix: string, options?: RangeOptions): Promise<RangeResult> {
    return this.inner.range(prefix, options);
  }

  count(prefix: string): Promise<number> {
    return this.inner.count(prefix);
  }

  rangeIndex(index: string, value: string, options?: IndexRangeOptions): Promise<RangeResult> {
    return this.inner.rangeIndex(index, value, options);
  }

  indexValues(index: string, prefix: string, options?: { limit?: number; after?: string }): Promise<string[]> {
    return this.inner.indexValues(index, prefix, options);
  }

  currentRevision(): Promise<Revision> {
    return this.inner.currentRevision();
  }

  compact(revision: Revision): Promise<void> {
    return this.inner.compact(revision);
  }

  compactedRevision(): Promise<Revision | 0> {
    return this.inner.compactedRevision();
  }

  grantLease(ttlSeconds: number): Promise<LeaseId> {
    return this.inner.grantLease(ttlSeconds);
  }

  revokeLease(lease: LeaseId): Promise<void> {
    return this.inner.revokeLease(lease);
  }

  keepLeaseAlive(lease: LeaseId): Promise<void> {
    return this.inner.keepLeaseAlive(lease);
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}
