import type { EtcdKeys } from '../../drivers/etcd/etcd-keys.ts';
import { EtcdLeases } from '../../drivers/etcd/etcd-leases.ts';
import {
  type EtcdSettings,
  encodeSettings,
  type ReadSettings,
  readSettings,
  type UnfinishedMove,
} from '../../drivers/etcd/etcd-settings.ts';
import { aheadOf, RevisionScale } from '../../drivers/etcd/revision-scale.ts';
import { CallFailure } from '../../drivers/etcd/rpc/call-failure.ts';
import { EtcdConnection, type EtcdConnectionOptions } from '../../drivers/etcd/rpc/etcd-connection.ts';
import { compactMethod, rangeMethod, txnMethod } from '../../drivers/etcd/rpc/etcd-methods.ts';
import { encodeCompaction, encodeRange, encodeTxn, type TxnOperation } from '../../drivers/etcd/rpc/etcd-requests.ts';
import { encodeObject } from '../../drivers/etcd/stored-object.ts';
import { nest } from '../../drivers/etcd/transaction-plan.ts';
import type { IndexEntry, LeaseId, Revision } from '../../storage.ts';
import { isStorageError, StorageError } from '../../storage-error.ts';
import { distinctRows } from '../object-digest.ts';
import type { MovedLease, MovedObject, StoreExport, StoreImport } from '../store-place.ts';
import { EtcdExport } from './etcd-export.ts';

/** Of one transaction. A larger object has one of its own. */
const mostObjects = 200;
const mostOperations = 2000;
const mostBytes = 512 * 1024;

const compactionTimeoutMs = 120_000;
/** The shortest that etcd is asked for, milliseconds. */
const leastLeaseMs = 2000;

export interface EtcdImportOptions extends EtcdConnectionOptions {
  prefix: string;
}

/**
 * Every transaction also changes the settings, which say how far the move has come, and is applied only if they are as this
 * process knows them: so it is applied once, and two moves do not mix.
 */
export class EtcdImport implements StoreImport {
  readonly #options: EtcdImportOptions;
  readonly #connection: EtcdConnection;
  readonly #keys: EtcdKeys;
  readonly #leases: EtcdLeases;
  readonly #granted = new Map<number, Promise<LeaseId>>();
  #known: ReadSettings;

  private constructor(options: EtcdImportOptions, connection: EtcdConnection, keys: EtcdKeys, known: ReadSettings) {
    this.#options = options;
    this.#connection = connection;
    this.#keys = keys;
    this.#known = known;
    this.#leases = new EtcdLeases(connection);
  }

  static async open(
    options: EtcdImportOptions,
    keys: EtcdKeys,
    { source, revision }: Pick<StoreExport, 'source' | 'revision'>,
    revisionJump: number,
  ): Promise<EtcdImport> {
    const connection = new EtcdConnection(options);
    try {
      const opened = new EtcdImport(options, connection, keys, await readSettings(connection, keys));
      if (opened.#known.changed === 0)
        await opened.#write([], {
          ahead: aheadOf(revision + revisionJump),
          moving: { source, revision, after: '', objects: 0 },
        });
      return opened;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  get after(): string {
    return this.#move().after;
  }

  get objects(): number {
    return this.#move().objects;
  }

  async put(objects: readonly MovedObject[]): Promise<void> {
    for (const batch of batches(objects)) {
      const move = this.#move();
      const after = (batch.at(-1) as MovedObject).key;
      const settings = { ...this.#known.settings, moving: { ...move, after, objects: move.objects + batch.length } };
      for (let attempt = 0; ; attempt++) {
        try {
          await this.#write(await this.#operations(batch), settings);
          break;
        } catch (error) {
          const [only, ...others] = batch;
          if (isStorageError(error, 'InvalidArgument') && only !== undefined && others.length === 0)
            throw new StorageError('StorageFailed', `etcd does not take ${only.key}: ${error.message}`, {
              cause: error,
            });
          // A lease may run out between its grant and its use.
          if (!isStorageError(error, 'LeaseNotFound') || attempt === 3) throw error;
          this.#granted.clear();
        }
      }
    }
  }

  arrived(): Promise<StoreExport> {
    const layout = { keys: this.#keys, scale: new RevisionScale(this.#known.settings.ahead) };
    return EtcdExport.open(new EtcdConnection(this.#options), layout, this.#options.prefix);
  }

  async finish(): Promise<Revision> {
    const { ahead, moving } = this.#known.settings;
    if (moving !== undefined) {
      await this.#compact();
      await this.#write([], { ahead, moved: moving });
    }
    return new RevisionScale(ahead).toRevision(this.#known.changed, 0);
  }

  async close(): Promise<void> {
    this.#connection.close();
  }

  #move(): UnfinishedMove {
    const { moving, moved } = this.#known.settings;
    return (moving ?? moved) as UnfinishedMove;
  }

  async #compact(): Promise<void> {
    const deadline = performance.now() + compactionTimeoutMs;
    try {
      await this.#connection.request(compactMethod, encodeCompaction(this.#known.changed), deadline);
    } catch (error) {
      if (!isStorageError(error, 'RevisionCompacted')) throw error;
    }
  }

  async #write(operations: TxnOperation[], settings: EtcdSettings): Promise<void> {
    const { settings: key } = this.#keys;
    const put = { put: { key, value: encodeSettings(settings), lease: 0 } };
    const compares = [{ key, target: 'mod' as const, revision: this.#known.changed }];
    const message = encodeTxn({ compares, success: nest([...operations, put]), failure: [] });
    const deadline = this.#connection.deadline();
    for (let attempt = 0; ; attempt++) {
      try {
        const answer = await this.#connection.attempt(txnMethod, message, deadline);
        if (answer.succeeded) {
          this.#known = { settings, changed: answer.revision };
          return;
        }
        if (await this.#isWritten(settings)) return;
        throw new StorageError('StorageFailed', `another process moves a store to ${this.#options.prefix} in etcd`);
      } catch (error) {
        if (!(error instanceof CallFailure)) throw error;
        if (error.outcome === 'refused') throw error.toStorageError();
        await this.#connection.pause(attempt, deadline, error);
      }
    }
  }

  /** Whether it was an earlier attempt that wrote the settings. */
  async #isWritten(settings: EtcdSettings): Promise<boolean> {
    const found = await readSettings(this.#connection, this.#keys);
    if (!Buffer.from(encodeSettings(found.settings)).equals(encodeSettings(settings))) return false;
    this.#known = found;
    return true;
  }

  async #operations(batch: readonly MovedObject[]): Promise<TxnOperation[]> {
    const leases = await Promise.all(batch.map(({ lease }) => (lease === undefined ? 0 : this.#leaseFor(lease))));
    const rows: TxnOperation[] = [];
    const objects = batch.map(({ key, value, indexes }, i): TxnOperation => {
      const lease = leases[i] ?? 0;
      const following = batch.length - 1 - i;
      const entries = distinctRows(indexes).map(toEntry);
      for (const entry of entries)
        rows.push({ put: { key: this.#keys.row(entry, key), value: new Uint8Array(), lease } });
      const header = { following, createdFollowing: following, rows: entries };
      return { put: { key: this.#keys.object(key), value: encodeObject(value, header), lease } };
    });
    return [...objects, ...rows];
  }

  #leaseFor({ id, expiresAt }: MovedLease): Promise<LeaseId> {
    let granted = this.#granted.get(id);
    if (granted === undefined) {
      granted = this.#leases.grant(Math.max(leastLeaseMs, expiresAt - Date.now()));
      this.#granted.set(id, granted);
    }
    return granted;
  }
}

/** Whether anything is in etcd below the prefix besides the settings. */
export async function holdsObjects(connection: EtcdConnection, keys: EtcdKeys): Promise<boolean> {
  for (const range of [keys.allObjects, keys.allRows]) {
    const { count } = await connection.request(rangeMethod, encodeRange({ ...range, countOnly: true }));
    if (count > 0) return true;
  }
  return false;
}

function toEntry(row: string): IndexEntry {
  const nul = row.indexOf('\u0000');
  return { index: row.slice(0, nul), value: row.slice(nul + 1) };
}

function* batches(objects: readonly MovedObject[]): Generator<MovedObject[]> {
  let batch: MovedObject[] = [];
  let [operations, bytes] = [0, 0];
  for (const object of objects) {
    const cost = 1 + object.indexes.length;
    const size = object.value.byteLength + (object.key.length + 100) * cost;
    const full = batch.length === mostObjects || operations + cost > mostOperations || bytes + size > mostBytes;
    if (full && batch.length > 0) {
      yield batch;
      batch = [];
      operations = 0;
      bytes = 0;
    }
    batch.push(object);
    operations += cost;
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
