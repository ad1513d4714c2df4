export { storageLimits } from './argument-checks.ts';
export { DerivedCache } from './caches/derived-cache.ts';
export { GenerationCache } from './caches/generation-cache.ts';
export {
  ChangeHub,
  type ChangeHubOptions,
  type WatchRequest,
  type WatchSubscription,
} from './change-log/change-hub.ts';
export { Compactor, type CompactorOptions } from './change-log/compactor.ts';
export { type Clock, monotonicClock, type ScheduledCall, systemClock } from './clock.ts';
export { MemoryStorage, type MemoryStorageOptions } from './drivers/memory/memory-storage.ts';
export type { SqliteShare, SqliteStorageOptions } from './drivers/sqlite/sqlite-options.ts';
export { SqliteStorage } from './drivers/sqlite/sqlite-storage.ts';
export { compareKeys, prefixEnd } from './key-order.ts';
export { type ObjectLocation, objectKey, objectPrefix, parseObjectKey } from './keys.ts';
export { type BackupOptions, type BackupResult, backupDatabase } from './maintenance/backup.ts';
export { type CheckResult, checkDatabase, type Problem } from './maintenance/check-database.ts';
export type { ExpectedIndexes, IndexRules } from './maintenance/index-rules.ts';
export { repairIndexes } from './maintenance/repair-indexes.ts';
export { restoreDatabase } from './maintenance/restore.ts';
export { verifySeal } from './maintenance/sealed-file.ts';
export { type MoveProgress, type MoveResult, moveStore } from './moving/move-store.ts';
export { sqlitePlace } from './moving/sqlite/sqlite-place.ts';
export type { StoreExport, StorePlace } from './moving/store-place.ts';
export type {
  Change,
  ChangeFollower,
  Compare,
  IndexEntry,
  IndexRangeOptions,
  KeyValue,
  LeaseId,
  Operation,
  RangeOptions,
  RangeResult,
  Revision,
  Storage,
  StorageKey,
  Subscription,
  Transaction,
  TransactionResult,
} from './storage.ts';
export { isStorageError, StorageError, type StorageErrorCode } from './storage-error.ts';
