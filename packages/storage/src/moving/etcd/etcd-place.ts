import { EtcdKeys } from '../../drivers/etcd/etcd-keys.ts';
import { readSettings } from '../../drivers/etcd/etcd-settings.ts';
import { RevisionScale } from '../../drivers/etcd/revision-scale.ts';
import { EtcdConnection } from '../../drivers/etcd/rpc/etcd-connection.ts';
import { isStorageError, StorageError } from '../../storage-error.ts';
import type { KnownMove, StorePlace } from '../store-place.ts';
import { EtcdExport, readCluster, requireNoServers } from './etcd-export.ts';
import { EtcdImport, type EtcdImportOptions, holdsObjects } from './etcd-import.ts';

/** What is below a prefix of an etcd cluster. */
export function etcdPlace(options: EtcdImportOptions): StorePlace {
  const keys = new EtcdKeys(options.prefix);
  const name = `${options.prefix} in etcd`;
  return {
    name,
    extent: () =>
      connected(options, async (connection) => {
        const { id, revision } = await readCluster(connection, keys);
        connection.close();
        return { names: [`etcd:${id}${options.prefix}/`], revision };
      }),
    openExport: (revision) =>
      connected(options, async (connection) => {
        const { ahead, moving } = (await readSettings(connection, keys)).settings;
        if (moving !== undefined)
          throw new StorageError('StorageFailed', `a store is being moved to ${name}; let that be finished`);
        const opened = await EtcdExport.open(
          connection,
          { keys, scale: new RevisionScale(ahead) },
          options.prefix,
          revision,
        );
        if ((await opened.count()) === 0) throw new StorageError('StorageFailed', `there is no store at ${name}`);
        return opened;
      }),
    knownMove: () =>
      connected(options, async (connection) => {
        await requireNoServers(connection, keys, name);
        const known = await knownMove(connection, keys, options.prefix);
        connection.close();
        if (known !== 'another') return known;
        throw new StorageError('InvalidArgument', `there is a store at ${name} already`);
      }),
    openImport: (from, revisionJump) => EtcdImport.open(options, keys, from, revisionJump),
  };
}

async function connected<T>(options: EtcdImportOptions, task: (connection: EtcdConnection) => Promise<T>): Promise<T> {
  const connection = new EtcdConnection(options);
  try {
    return await task(connection);
  } catch (error) {
    connection.close();
    throw error;
  }
}

async function knownMove(
  connection: EtcdConnection,
  keys: EtcdKeys,
  prefix: string,
): Promise<KnownMove | undefined | 'another'> {
  const { settings, changed } = await readSettings(connection, keys);
  const { moving, moved, ahead } = settings;
  if (moving !== undefined) return { source: moving.source, revision: moving.revision, finished: false };
  if (moved === undefined) return changed > 0 || (await holdsObjects(connection, keys)) ? 'another' : undefined;
  const scale = new RevisionScale(ahead);
  try {
    const asMoved = await EtcdExport.open(connection, { keys, scale }, prefix, scale.toRevision(changed, 0));
    await asMoved.checkUnused();
    return { source: moved.source, revision: moved.revision, finished: true };
  } catch (error) {
    if (isStorageError(error, 'StorageFailed') || isStorageError(error, 'RevisionCompacted')) return 'another';
    throw error;
  }
}
