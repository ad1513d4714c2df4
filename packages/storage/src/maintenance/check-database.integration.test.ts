import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SqliteStorage } from '../drivers/sqlite/sqlite-storage.ts';
import { isStorageError } from '../storage-error.ts';
import { clusterRule, configMapKey, damage, Files, makeDatabase } from '../testing/maintenance-fixture.ts';
import { type CheckResult, checkDatabase } from './check-database.ts';
import type { IndexRules } from './index-rules.ts';
import { repairIndexes } from './repair-indexes.ts';

const files = new Files();
afterAll(() => files.remove());
const indexRules: IndexRules = ({ cluster }) => ({ entries: clusterRule(cluster), complete: true });

function check(path: string): { lines: string[]; result: CheckResult } {
  const lines: string[] = [];
  const result = checkDatabase(path, { indexRules, onProblem: ({ where, what }) => lines.push(`${where}: ${what}`) });
  return { lines, result };
}

const sound = files.fresh();
beforeAll(() => makeDatabase(sound));

function damaged(sql: string): string {
  const path = files.fresh();
  copyFileSync(sound, path);
  damage(path, sql);
  return path;
}

const [a, b, c, gone, leased] = ['a', 'b', 'c', 'gone', 'leased'].map(configMapKey);
const revisionOf = (key: string | undefined): string => `(SELECT rev FROM cur WHERE key = '${key}')`;

describe('the check of a database', () => {
  it('finds nothing in a sound one, in use or not, and changes nothing', async () => {
    const path = files.fresh();
    await makeDatabase(path);
    const before = readFileSync(path);
    const { lines, result } = check(path);
    expect(lines).toEqual([]);
    expect(result).toMatchObject({ problems: 0, objects: 5, recomputed: 4, indexRows: 4, partlyRecomputed: 0 });
    expect(readFileSync(path)).toEqual(before);
    const storage = await SqliteStorage.open({ path });
    expect(check(path).lines).toEqual([]);
    await storage.close();
  });

  it.each<[string, string, (string | RegExp)[]]>([
    [
      'an index row that points to nothing',
      "INSERT INTO idx VALUES ('cluster', 'root', '/r/core/configmaps/root/default/none')",
      [`${configMapKey('none')}: the index row cluster=root points to this key, which does not exist`],
    ],
    [
      'an index row of a deleted object',
      `INSERT INTO idx VALUES ('cluster', 'root', '${gone}')`,
      [`${gone}: the index row cluster=root points to this key, which is deleted`],
    ],
    [
      'an index row that nobody declares',
      `INSERT INTO idx VALUES ('owner', 'x', '${a}')`,
      [`${a}: the index row owner=x points to this key, which does not declare it`],
    ],
    ['a lost index row', `DELETE FROM idx WHERE key = '${a}'`, [`${a}: its index row cluster=root is missing`]],
    [
      'an index row that the object ought to have',
      `DELETE FROM idx WHERE key = '${a}'; UPDATE cur SET indexes = NULL WHERE key = '${a}'`,
      [`${a}: ought to have the index row cluster=root`],
    ],
    [
      'an index row that the object ought not to have',
      `INSERT INTO idx VALUES ('owner', 'x', '${a}'); UPDATE cur SET indexes = '[["cluster","root"],["owner","x"]]' WHERE key = '${a}'`,
      [`${a}: ought not to have the index row owner=x`],
    ],
    [
      'a list of index rows that cannot be read',
      `UPDATE cur SET indexes = '[[' WHERE key = '${a}'`,
      [`${a}: its list of index rows cannot be read`, `${a}: ought to have the index row cluster=root`],
    ],
    [
      'a lost value',
      `DELETE FROM kv WHERE rev = ${revisionOf(a)}`,
      [`${a}: its last change, revision 2, is not in the log`],
    ],
    [
      'a value of another key',
      `UPDATE cur SET rev = ${revisionOf(b)} WHERE key = '${a}'`,
      [
        new RegExp(`^${a}: its last change, revision 3, is of ${b}$`),
        `${a}: was created at revision 2, and by the log at 3`,
        /is named "b"$/,
      ],
    ],
    [
      'a live object whose last change is a deletion',
      `UPDATE kv SET value = NULL WHERE rev = ${revisionOf(a)}`,
      [`${a}: exists, but its last change, revision 2, is a deletion`],
    ],
    [
      'a deleted object whose last change is none',
      `UPDATE kv SET value = CAST('{}' AS BLOB) WHERE rev = ${revisionOf(gone)}`,
      [`${gone}: is deleted, but its last change, revision 9, is not a deletion`],
    ],
    [
      'an object that changed before it was created',
      `UPDATE cur SET create_rev = 99 WHERE key = '${a}'; UPDATE kv SET create_rev = 99 WHERE key = '${a}'`,
      [`${a}: was created at revision 99 and changed at 2`, `${a}: revision 2 says that it was created at 99`],
    ],
    [
      'a creation that the log knows otherwise',
      `UPDATE cur SET create_rev = 1 WHERE key = '${a}'`,
      [`${a}: was created at revision 1, and by the log at 2`],
    ],
    [
      'a change that is newer than the current one',
      `UPDATE cur SET rev = 7 WHERE key = '${c}'`,
      [`${c}: revision 8 of the log is newer than the current one, 7`],
    ],
    [
      'a change of a key that does not exist',
      "INSERT INTO kv VALUES (99, '/w/gc/root/lost', 99, 0, x'')",
      ['/w/gc/root/lost: revision 99 of the log is of a key that does not exist'],
    ],
    ['a hole in the log', 'DELETE FROM kv WHERE rev = 7', [`${c}: revision 8 follows 7, which is not in the log`]],
    [
      'changes in the wrong order',
      'UPDATE kv SET prev_rev = 8 WHERE rev = 8',
      [`${c}: revision 8 says that it follows 8`],
    ],
    [
      'a chain that leads to another key',
      'UPDATE kv SET prev_rev = 3 WHERE rev = 8',
      [`${c}: revision 8 follows 3, which is of ${b}`],
    ],
    [
      'a torn value',
      `UPDATE kv SET value = substr(value, 1, 40) WHERE rev = ${revisionOf(a)}`,
      [/^\S+\/a: its value of 40 bytes is not JSON: /],
    ],
    [
      'a torn value of the past',
      "UPDATE kv SET value = CAST('{\"a' AS BLOB) WHERE rev = 7",
      [/^\S+\/c: revision 7: its value of 3 bytes is not JSON: /],
    ],
    [
      'a value of another name and namespace',
      `UPDATE kv SET value = CAST('{"metadata":{"name":"z","namespace":"y"}}' AS BLOB) WHERE rev = ${revisionOf(a)}`,
      [`${a}: its value is named "z"`, `${a}: its value is of namespace "y"`],
    ],
    [
      'a value without metadata',
      `UPDATE kv SET value = CAST('[]' AS BLOB) WHERE rev = ${revisionOf(a)}`,
      [`${a}: its value has no metadata`],
    ],
    [
      'a value that is not stored as bytes',
      `UPDATE kv SET value = '{}' WHERE rev = ${revisionOf(a)}`,
      [`${a}: its value is not stored as bytes`],
    ],
    [
      'keys that mean nothing',
      `UPDATE cur SET key = '/r/core/x' WHERE key = '${a}'; UPDATE kv SET key = '/r/core/x' WHERE key = '${a}'; DELETE FROM idx WHERE key = '${a}'; UPDATE cur SET indexes = NULL WHERE key = '/r/core/x'`,
      ['/r/core/x: is not the key of an object'],
    ],
    [
      'a lease that does not exist',
      'DELETE FROM lease',
      [`${leased}: its lease 1 does not exist, so it never expires`],
    ],
    [
      'leases that would be handed out again',
      'UPDATE sqlite_sequence SET seq = 0',
      [/^lease: the next lease would be 1/],
    ],
    [
      'a compaction that ran too far',
      "UPDATE meta SET value = 99 WHERE name = 'swept'",
      [/^meta: compacted is 6 and swept 99/],
    ],
  ])('tells %s', (_, sql, expected) => {
    const { lines, result } = check(damaged(sql));
    expect(lines).toHaveLength(expected.length);
    expect(result.problems).toBe(expected.length);
    for (const [i, wanted] of expected.entries()) {
      if (typeof wanted === 'string') expect(lines[i]).toBe(wanted);
      else expect(lines[i]).toMatch(wanted);
    }
  });

  it('tells pages that are not a tree, and goes on', () => {
    const path = damaged('');
    const content = readFileSync(path);
    content.fill(0x5a, 4096, 4096 + 200);
    writeFileSync(path, content);
    expect(check(path).lines.join('\n')).toMatch(/^(the file|the \w+|meta).*: /);
  });

  it('refuses what is no Canopy database', () => {
    const text = files.fresh('txt');
    writeFileSync(text, 'words '.repeat(1000));
    for (const path of [text, files.fresh('missing')]) {
      const attempt = (): unknown => check(path);
      expect(attempt).toThrowError(/there is no database|cannot read/);
    }
  });
});

describe('the repair of index rows', () => {
  it.each([
    `DELETE FROM idx`,
    `INSERT INTO idx VALUES ('owner', 'x', '${a}'), ('cluster', 'root', '/none')`,
    `UPDATE cur SET indexes = NULL WHERE key = '${a}'`,
    `UPDATE cur SET indexes = '{' WHERE key = '${b}'; DELETE FROM idx WHERE key = '${c}'`,
  ])('makes a database sound after %s', async (sql) => {
    const path = damaged(sql);
    expect(check(path).result.problems).toBeGreaterThan(0);
    expect(repairIndexes(path, indexRules).indexRows).toBe(4);
    expect(check(path).lines).toEqual([]);
    const storage = await SqliteStorage.open({ path });
    expect((await storage.rangeIndex('cluster', 'root')).items.map(({ key }) => key)).toEqual([a, b, c, leased]);
    await storage.close();
  });

  it('is refused while somebody has the database open', async () => {
    const path = files.fresh();
    await makeDatabase(path);
    const storage = await SqliteStorage.open({ path });
    let thrown: unknown;
    try {
      repairIndexes(path, indexRules);
    } catch (error) {
      thrown = error;
    }
    expect(isStorageError(thrown, 'StorageFailed') ? thrown.message : thrown).toContain('is already open');
    await storage.close();
  });
});
