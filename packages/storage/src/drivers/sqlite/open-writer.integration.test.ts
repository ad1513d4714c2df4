import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, it } from 'vitest';
import { type BatchMessage, request } from './batch-wire.ts';
import { OpenWriter } from './open-writer.ts';
import { SqliteStorage } from './sqlite-storage.ts';

const directory = mkdtempSync(join(tmpdir(), 'canopy-writer-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function freshFile(name: string): Promise<string> {
  const path = join(directory, name);
  await (await SqliteStorage.open({ path })).close();
  return path;
}

function put(key: string): BatchMessage {
  const items = [request.transact, 0, 1, key, 1, 0, ''];
  return { type: 'batch', count: 1, items, values: new Uint8Array([1]) };
}

describe('the writer that is opened anew after an error', () => {
  it('goes on from the revision it had', async () => {
    const path = await freshFile('goes-on.db');
    const open = new OpenWriter({ path, maxPageCount: 0, cacheBytes: 1_000_000 });
    open.current().writer.commit([put('/a')]);
    const { revision } = open.current().writer;
    open.drop();
    expect(open.hasDiverged()).toBe(false);
    open.current().writer.commit([put('/b')]);
    expect(open.current().writer.revision).toBe(revision + 1);
    open.drop();
  });

  it('refuses for ever when the file has a change whose writer was told that it failed', async () => {
    const path = await freshFile('diverged.db');
    const open = new OpenWriter({ path, maxPageCount: 0, cacheBytes: 1_000_000 });
    open.current().writer.commit([put('/a')]);
    const { revision } = open.current().writer;
    open.drop();
    const other = new DatabaseSync(path);
    other.prepare('INSERT INTO kv VALUES (?, ?, ?, 0, ?)').run(revision + 1, '/b', revision + 1, new Uint8Array());
    other.close();
    expect(open.hasDiverged()).toBe(true);
    expect(() => open.current()).toThrow('restart');
    open.drop();
  });

  it.each(['', '-wal'])('refuses for ever, and makes no new file, when its file%s was moved away', async (suffix) => {
    const path = await freshFile(`moved${suffix}.db`);
    const reader = new DatabaseSync(path);
    reader.prepare('SELECT * FROM meta').all();
    const open = new OpenWriter({ path, maxPageCount: 0, cacheBytes: 1_000_000 });
    open.current().writer.commit([put('/a')]);
    renameSync(`${path}${suffix}`, join(directory, 'elsewhere'));
    expect(() => open.current().writer.commit([put('/b')])).toThrow(`${path}${suffix} is gone`);
    open.drop();
    expect(open.hasDiverged()).toBe(true);
    expect(() => open.current()).toThrow('is gone');
    expect(existsSync(`${path}${suffix}`)).toBe(false);
    reader.close();
  });

  it('does not make a new file where its own is gone while it is closed', async () => {
    const path = await freshFile('gone.db');
    const open = new OpenWriter({ path, maxPageCount: 0, cacheBytes: 1_000_000 });
    open.drop();
    rmSync(path);
    expect(open.hasDiverged()).toBe(true);
    expect(existsSync(path)).toBe(false);
  });
});
