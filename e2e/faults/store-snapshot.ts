import { copyFileSync, existsSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { temporaryDirectory } from '../harness/canopy-process.ts';

export interface HistoryRow {
  revision: number;
  key: string;
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
}

/** What keys of the store are below their resource: `/r/<group>/<resource>[:identity]/<cluster>/<namespace>/<name>`. */
export interface StoredObject {
  resource: string;
  cluster: string;
  namespace: string;
  name: string;
}

export function parseKey(key: string): StoredObject | undefined {
  const [, root, group, resource, cluster, namespace, ...name] = key.split('/');
  if (root !== 'r' || group === undefined || resource === undefined || cluster === undefined) return undefined;
  return { resource: `${group}/${resource.split(':')[0]}`, cluster, namespace: namespace ?? '', name: name.join('/') };
}

/** A database file as SQLite reads it, apart from the server. */
export class StoreSnapshot {
  private readonly database: DatabaseSync;
  private readonly release: () => void;

  private constructor(database: DatabaseSync, release: () => void) {
    this.database = database;
    this.release = release;
  }

  /** Of a server that does not run: a copy, so that the next start finds the files as the crash left them. */
  static ofDead(rootDirectory: string): StoreSnapshot {
    const scratch = temporaryDirectory();
    const copy = path.join(scratch.path, 'canopy.db');
    for (const suffix of ['', '-wal']) {
      const from = path.join(rootDirectory, `canopy.db${suffix}`);
      if (existsSync(from)) copyFileSync(from, copy + suffix);
    }
    return new StoreSnapshot(new DatabaseSync(copy), scratch.remove);
  }

  static ofRunning(rootDirectory: string): StoreSnapshot {
    return new StoreSnapshot(
      new DatabaseSync(path.join(rootDirectory, 'canopy.db'), { readOnly: true }),
      () => undefined,
    );
  }

  close(): void {
    this.database.close();
    this.release();
  }

  get revision(): number {
    return Number(this.database.prepare('SELECT max(rev) AS rev FROM kv').get()?.['rev'] ?? 0);
  }

  /** Every change after a revision, in order. */
  historyAfter(revision: number): HistoryRow[] {
    const rows = this.database
      .prepare('SELECT rev, key, create_rev, value IS NULL AS gone FROM kv WHERE rev > ? ORDER BY rev')
      .all(revision) as { rev: number; key: string; create_rev: number; gone: number }[];
    return rows.map(({ rev, key, create_rev, gone }) => ({
      revision: rev,
      key,
      type: gone === 1 ? 'DELETED' : create_rev === rev ? 'ADDED' : 'MODIFIED',
    }));
  }

  /** All keys that are there now, with their values. */
  current(): { key: string; value: string }[] {
    const rows = this.database
      .prepare('SELECT cur.key AS key, kv.value AS value FROM cur JOIN kv ON kv.rev = cur.rev WHERE cur.create_rev > 0')
      .all() as { key: string; value: Uint8Array | null }[];
    return rows.map(({ key, value }) => ({ key, value: Buffer.from(value ?? []).toString('utf8') }));
  }

  /** What a sound file never has; in words. */
  faults(): string[] {
    const found: string[] = [];
    const check = this.database.prepare('PRAGMA integrity_check').get()?.['integrity_check'];
    if (check !== 'ok') found.push(`integrity_check: ${String(check)}`);
    const count = (what: string, sql: string): void => {
      const n = Number(this.database.prepare(sql).get()?.['n']);
      if (n !== 0) found.push(`${n} ${what}`);
    };
    count(
      'keys without their newest value',
      'SELECT count(*) AS n FROM cur LEFT JOIN kv ON kv.rev = cur.rev AND kv.key = cur.key WHERE kv.rev IS NULL',
    );
    count(
      'index rows that no object has',
      `SELECT count(*) AS n FROM idx WHERE NOT EXISTS (SELECT 1 FROM cur, json_each(cur.indexes) AS row
         WHERE cur.key = idx.key AND row.value ->> 0 = idx.name AND row.value ->> 1 = idx.value)`,
    );
    count(
      'index rows that are missing',
      `SELECT count(*) AS n FROM cur, json_each(cur.indexes) AS row WHERE cur.indexes IS NOT NULL AND NOT EXISTS
         (SELECT 1 FROM idx WHERE idx.key = cur.key AND idx.name = row.value ->> 0 AND idx.value = row.value ->> 1)`,
    );
    count(
      'gaps in the log above the compaction',
      `SELECT (SELECT max(rev) FROM kv) - max(compacted, 1) - (SELECT count(*) FROM kv WHERE rev > max(compacted, 1)) AS n
         FROM (SELECT value AS compacted FROM meta WHERE name = 'compacted')`,
    );
    return found;
  }
}
