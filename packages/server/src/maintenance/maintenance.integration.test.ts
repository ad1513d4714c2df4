import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  apiBinding,
  apis,
  configMap,
  createWorkspace,
  customResource,
  demoObject,
  publish,
  startServer,
} from '@canopy/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runMaintenance } from './maintenance.ts';

const gadgets = { group: 'shop.example.com', plural: 'gadgets' };
const toys = { group: 'play.example.com', plural: 'toys' };
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'canopy-upkeep-'));
  const server = await startServer({ rootDirectory: directory });
  await createWorkspace(server.admin, 'provider');
  const provider = server.admin.in('root:provider');
  await publish(provider, 'shop', [gadgets]);
  await createWorkspace(server.admin, 'consumer');
  const consumer = server.admin.in('root:consumer');
  await consumer.ok('POST', `${apis}/apibindings`, apiBinding('shop', { path: 'root:provider', export: 'shop' }));
  await consumer.ok('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', customResource(toys));
  await consumer.ok('POST', '/apis/shop.example.com/v1/namespaces/default/gadgets', demoObject(gadgets, 'one'));
  const owner = await consumer.ok('POST', '/api/v1/namespaces/default/configmaps', configMap('owner', { a: '1' }));
  await consumer.ok('POST', '/api/v1/namespaces/default/configmaps', {
    ...configMap('owned', { a: '1' }),
    metadata: {
      name: 'owned',
      finalizers: ['example.com/wait'],
      ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid }],
    },
  });
  await consumer.ok('DELETE', '/api/v1/namespaces/default/configmaps/owned');
  await consumer.ok('POST', '/api/v1/namespaces/default/events', {
    metadata: { name: 'event', namespace: 'default' },
    involvedObject: { kind: 'ConfigMap', name: 'owner', namespace: 'default' },
    reason: 'Testing',
    type: 'Normal',
  });
  await server.stop({ keepDirectory: true });
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function canopy(...args: string[]): Promise<{ code: number; out: string[]; err: string[] }> {
  const out: string[] = [];
  const err: string[] = [];
  const [name = '', ...rest] = args;
  const code = await runMaintenance(name, rest, {
    environment: { CANOPY_ROOT_DIRECTORY: directory },
    cwd: directory,
    print: (line) => out.push(line),
    note: (line) => err.push(line),
  });
  return { code, out, err };
}

function sql(text: string): Record<string, unknown>[] {
  const database = new DatabaseSync(path.join(directory, 'canopy.db'));
  try {
    return database.prepare(text).all();
  } finally {
    database.close();
  }
}

describe('fsck of a real store', () => {
  it('computes the index rows of every object as the server wrote them', async () => {
    const { code, out, err } = await canopy('fsck');
    expect(out).toEqual([]);
    expect(code).toBe(0);
    const objects = Number(sql("SELECT count(*) AS n FROM cur WHERE create_rev > 0 AND key LIKE '/r/%'")[0]?.['n']);
    const counts = /computed anew of (\d+) objects, in part of (\d+)$/.exec(err[0] ?? '');
    expect(Number(counts?.[1]) + Number(counts?.[2])).toBe(objects);
    expect(Number(counts?.[2])).toBe(1);
  });

  it('finds lost rows of each index, writes them anew, and finds nothing afterwards', async () => {
    const indexes = sql('SELECT DISTINCT name FROM idx ORDER BY name').map(({ name }) => String(name));
    expect(indexes).toEqual(expect.arrayContaining(['cluster', 'deleting', 'owner']));
    expect(indexes.length).toBeGreaterThan(5);
    const rows = sql('SELECT name, value, key FROM idx');
    for (const index of indexes) {
      sql(`UPDATE cur SET indexes = (SELECT json_group_array(json(entry.value)) FROM json_each(cur.indexes) AS entry
        WHERE json_extract(entry.value, '$[0]') <> '${index}') WHERE key IN (SELECT key FROM idx WHERE name = '${index}')`);
      sql(`DELETE FROM idx WHERE name = '${index}'`);
      const found = await canopy('fsck');
      expect(found.code).toBe(1);
      expect(found.out.every((line) => line.includes(`ought to have the index row ${index}=`))).toBe(true);
      expect(found.out).toHaveLength(rows.filter(({ name }) => name === index).length);
      expect(await canopy('fsck', '--repair')).toMatchObject({ code: 0, out: [] });
      expect(sql('SELECT name, value, key FROM idx')).toEqual(rows);
    }
  });
});
