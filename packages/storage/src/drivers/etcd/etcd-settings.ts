import { StorageError } from '../../storage-error.ts';
import type { EtcdKeys } from './etcd-keys.ts';
import type { RevisionScale } from './revision-scale.ts';
import type { EtcdConnection } from './rpc/etcd-connection.ts';
import { rangeMethod } from './rpc/etcd-methods.ts';
import { encodeRange } from './rpc/etcd-requests.ts';

/** How a store lies in etcd. */
export interface EtcdLayout {
  keys: EtcdKeys;
  scale: RevisionScale;
}

/** How far a move into this store has come. */
export interface UnfinishedMove {
  /** What names the store that is moved here. */
  source: string;
  /** Revision of the source. */
  revision: number;
  /** Everything up to this key is here. */
  after: string;
  /** Objects that are here. */
  objects: number;
}

/** What a store has at `EtcdKeys.settings`, as JSON; nothing for a store that was not moved here. */
export interface EtcdSettings {
  /** See `RevisionScale`. */
  ahead: number;
  /** Nobody can use the store yet. */
  moving?: UnfinishedMove;
  /** What it was when it was finished. */
  moved?: UnfinishedMove;
}

export interface ReadSettings {
  settings: EtcdSettings;
  /** etcd's revision of the settings' last change; 0: there are none. */
  changed: number;
}

/** Rejects with `StorageFailed` for what Canopy did not write. */
export async function readSettings(
  connection: EtcdConnection,
  keys: EtcdKeys,
  deadline?: number,
): Promise<ReadSettings> {
  const { items } = await connection.request(rangeMethod, encodeRange({ key: keys.settings }), deadline);
  const [item] = items;
  if (item === undefined) return { settings: { ahead: 0 }, changed: 0 };
  const settings = parse(Buffer.from(item.value).toString('utf8'));
  if (!Number.isSafeInteger(settings?.ahead))
    throw new StorageError('StorageFailed', 'the settings of the store in etcd were not written by Canopy');
  return { settings: settings as EtcdSettings, changed: item.modRevision };
}

export function encodeSettings(settings: EtcdSettings): Uint8Array {
  return Buffer.from(JSON.stringify(settings));
}

function parse(text: string): EtcdSettings | undefined {
  try {
    return JSON.parse(text) as EtcdSettings;
  } catch {
    return undefined;
  }
}
