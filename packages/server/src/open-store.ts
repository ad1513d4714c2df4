import { isStorageError, type SqliteShare, SqliteStorage, type Storage } from '@canopy/storage';
import type { CompletedConfig } from './config/complete-config.ts';
import { UsageError } from './options/parse-options.ts';

/** Small on purpose: the operating system caches the file, and memory is what workspaces are counted in. Bytes. */
const storeMemory = { cacheBytes: 4 * 1024 * 1024, valueCacheBytes: 4 * 1024 * 1024 };

export interface OpenStore {
  storage: Storage;
  /** Whether other servers may be using it. */
  shared: boolean;
  /** For one more thread of this process; undefined where that opens the store for itself. */
  share(): SqliteShare | undefined;
  close(): Promise<void>;
}

export interface StoreInput {
  config: Pick<CompletedConfig, 'etcd' | 'databasePath'>;
  modules?: { writer: URL };
  onStoreFailure?: (error: Error) => void;
  /** Is used instead, and stays open. */
  sharedStorage?: Storage;
}

/** @throws UsageError for what the user can mend */
export async function openStore(input: StoreInput): Promise<OpenStore> {
  const { sharedStorage } = input;
  if (sharedStorage !== undefined) return shared(sharedStorage, async () => undefined);
  const { etcd } = input.config;
  if (etcd !== undefined) {
    const storage = await openEtcd(etcd);
    return shared(storage, () => storage.close());
  }
  const storage = await openDatabase(input);
  return { storage, shared: false, share: () => storage.share(), close: () => storage.close() };
}

/** The store of an API thread: joins the first thread's database, or opens etcd for itself. */
export async function joinStore(
  { etcd }: Pick<CompletedConfig, 'etcd'>,
  share: SqliteShare | undefined,
  onFailure: (error: Error) => void,
): Promise<Storage> {
  if (share !== undefined) return SqliteStorage.join(share, { ...storeMemory, onFailure });
  if (etcd === undefined) throw new UsageError('only a store in a file or in etcd can have several API threads');
  return openEtcd(etcd);
}

function shared(storage: Storage, close: () => Promise<void>): OpenStore {
  return { storage, shared: true, share: () => undefined, close };
}

async function openEtcd({ tls, ...rest }: NonNullable<CompletedConfig['etcd']>): Promise<Storage> {
  const { openEtcdStorage } = await import('@canopy/storage/etcd');
  try {
    return await openEtcdStorage({ ...rest, ...(tls === undefined ? {} : { tls }) });
  } catch (error) {
    if (isStorageError(error)) throw new UsageError(`--etcd-servers ${rest.endpoints.join(',')}: ${error.message}`);
    throw error;
  }
}

async function openDatabase({ config, modules, onStoreFailure }: StoreInput): Promise<SqliteStorage> {
  try {
    return await SqliteStorage.open({
      path: config.databasePath,
      ...storeMemory,
      ...(modules === undefined ? {} : { workerUrl: modules.writer }),
      ...(onStoreFailure === undefined ? {} : { onFailure: onStoreFailure }),
    });
  } catch (error) {
    if (isStorageError(error)) throw new UsageError(error.message);
    throw error;
  }
}
