import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Change, type Revision, SqliteStorage, StorageError } from '@canopy/storage';
import {
  configMap,
  eventually,
  FaultyStorage,
  type RunningServer,
  startServer,
  tenancy,
  type WriteFault,
} from '@canopy/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const maps = '/api/v1/namespaces/default/configmaps';
const directory = mkdtempSync(path.join(tmpdir(), 'canopy-'));
const failures: Error[] = [];
let store: SqliteStorage;
let faulty: FaultyStorage;
let server: RunningServer;

beforeAll(async () => {
  store = await SqliteStorage.open({ path: path.join(directory, 'store.db') });
  faulty = new FaultyStorage(store);
  server = await startServer({ sharedStorage: faulty, onStoreFailure: (error) => failures.push(error) });
});
afterAll(async () => {
  await server.stop();
  await store.close();
  rmSync(directory, { recursive: true });
});

/** The next write of a key with this name goes so. */
function failOnce(name: string, fault: WriteFault): void {
  faulty.fault = ({ operations }) => {
    if (!operations.some(({ key }) => key.endsWith(`/${name}`))) return undefined;
    faulty.fault = () => undefined;
    return fault;
  };
}

async function logAfter(after: Revision): Promise<Change[]> {
  const changes: Change[] = [];
  const end = await store.currentRevision();
  if (end === after) return changes;
  await new Promise<void>((resolve, reject) => {
    const take = (batch: readonly Change[]): void => {
      changes.push(...batch);
      if ((batch.at(-1)?.revision ?? 0) >= end) resolve();
    };
    store.follow(after, { onChanges: take, onError: reject }).catch(reject);
  });
  return changes;
}

describe('a server whose store fails', () => {
  it.each<[WriteFault, number, RegExp, boolean]>([
    ['refused', 503, /please try again later/, false],
    ['lost', 500, /unknown/, false],
    ['written', 500, /unknown/, true],
    ['late', 201, /^$/, true],
  ])('answers a write that is %s with %i, and tells only what is there', async (fault, status, words, there) => {
    const watch = await server.admin.watch(maps);
    failOnce(fault, fault);
    const answer = await server.admin.post(maps, configMap(fault));
    expect(answer.status).toBe(status);
    expect(answer.json().message ?? '').toMatch(words);
    expect((await server.admin.get(`${maps}/${fault}`)).status).toBe(there ? 200 : 404);
    const again = await server.admin.post(maps, configMap(fault));
    expect(again.status).toBe(there ? 409 : 201);
    await server.admin.ok('POST', maps, configMap(`after-${fault}`));
    await watch.named('ADDED', `after-${fault}`);
    expect(watch.events.filter(({ object }) => object.metadata.name === fault)).toHaveLength(1);
    await watch.close();
  });

  it('has its controllers finish whatever fails, and its watches tell the log', async () => {
    const watch = await server.admin.watch(`${tenancy}/workspaces`);
    const start = await store.currentRevision();
    let writes = 0;
    const kinds: readonly WriteFault[] = ['refused', 'lost', 'written', 'late'];
    let failed = 0;
    faulty.fault = () => {
      if (writes++ % 2 === 0) return undefined;
      failed += 1;
      return kinds[failed % kinds.length];
    };
    const names = Array.from({ length: 12 }, (_, i) => `team-${i}`);
    for (const name of names)
      await eventually(async () => {
        const { status } = await server.admin.post(`${tenancy}/workspaces`, { metadata: { name } });
        return status === 201 || status === 409;
      });
    for (const name of names)
      await eventually(async () => {
        const { status } = await server.admin.ok('GET', `${tenancy}/workspaces/${name}`);
        return (status as { phase?: string } | undefined)?.phase === 'Ready';
      });
    for (const name of names.slice(6))
      await eventually(async () => {
        const { status } = await server.admin.delete(`${tenancy}/workspaces/${name}`);
        return status === 404;
      });
    expect(failed).toBeGreaterThan(10);
    faulty.fault = () => undefined;
    await server.admin.ok('POST', `${tenancy}/workspaces`, { metadata: { name: 'last' } });
    const revisions = (await logAfter(start)).flatMap(({ key, revision }) =>
      key.startsWith('/r/tenancy.kcp.io/workspaces/') ? [revision] : [],
    );
    const told = (): number[] => watch.events.map(({ object }) => Number(object.metadata.resourceVersion));
    await eventually(async () => told().includes(revisions.at(-1) as number));
    expect(told().slice(0, told().indexOf(revisions.at(-1) as number) + 1)).toEqual(revisions);
    await watch.close();
  });

  it('hears once, for good, that its store can no longer be followed', () => {
    expect(failures).toEqual([]);
    const lost = new StorageError('StorageFailed', 'the log is gone');
    faulty.loseLog(lost);
    expect(failures).toEqual([lost]);
  });
});
