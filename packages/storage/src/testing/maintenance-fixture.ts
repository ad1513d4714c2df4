import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SqliteStorage } from '../drivers/sqlite/sqlite-storage.ts';
import type { IndexEntry, Revision } from '../storage.ts';
import { put, remove } from './contract-fixture.ts';

/** A directory for database files. */
export class Files {
  readonly directory = mkdtempSync(join(tmpdir(), 'canopy-maintenance-'));
  #count = 0;

  fresh(ending = 'db'): string {
    return join(this.directory, `${this.#count++}.${ending}`);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export function configMapKey(name: string): string {
  return `/r/core/configmaps/root/default/${name}`;
}

export function configMapText(name: string, more: Record<string, unknown> = {}): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, ...more });
}

/** Stores a config map with the index row that {@link clusterRule} tells. */
export function putConfigMap(storage: SqliteStorage, name: string, more: { lease?: number } = {}): Promise<Revision> {
  return put(storage, configMapKey(name), configMapText(name), { indexes: clusterRule('root'), ...more });
}

export function clusterRule(cluster: string): IndexEntry[] {
  return [{ index: 'cluster', value: cluster }];
}

/** A closed store of some size: a, b, c (changed twice), one that is deleted, one with a lease, a note. Part of it is compacted. */
export async function makeDatabase(path: string): Promise<void> {
  const storage = await SqliteStorage.open({ path });
  for (const name of ['a', 'b', 'c', 'gone']) await putConfigMap(storage, name);
  await putConfigMap(storage, 'leased', { lease: await storage.grantLease(3600) });
  await storage.compact(await storage.currentRevision());
  await putConfigMap(storage, 'c');
  await putConfigMap(storage, 'c');
  await remove(storage, configMapKey('gone'));
  await put(storage, '/w/gc/root/1', '');
  await storage.close();
}

/** Runs SQL on a closed database, in a way that SQLite lets pass. */
export function damage(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}
