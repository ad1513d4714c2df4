import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { silentLogger } from '@canopy/client';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PostgresDatabase, PostgresDatabaseSpec } from '../api/postgres-database.ts';
import { openPool } from '../database/connection.ts';
import type { DatabaseServer } from '../database/database-server.ts';
import { PostgresServer } from '../database/postgres-server.ts';
import { EmbeddedServer } from '../embedded/embedded-server.ts';
import { MemoryWorkspace } from '../testing/memory-workspace.ts';
import { placeOf } from './names.ts';
import type { OrderWorkspace } from './order-reconcile.ts';
import { finalizer, reconcileOrder } from './order-reconcile.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'canopy-postgres-'));
let embedded: EmbeddedServer;
let server: PostgresServer;
let orders = 0;

beforeAll(async () => {
  embedded = await EmbeddedServer.start({ root, logger: silentLogger });
  server = new PostgresServer({ connection: embedded.connection });
}, 90_000);

afterAll(async () => {
  await server?.close();
  await embedded?.stop();
  rmSync(root, { recursive: true, force: true });
});

function newOrder(spec: PostgresDatabaseSpec = {}): PostgresDatabase {
  const uid = `uid-${++orders}`;
  const metadata = { name: 'shop', namespace: 'default', uid, generation: 1 };
  return { apiVersion: 'databases.canopy.dev/v1alpha1', kind: 'PostgresDatabase', metadata, spec };
}

function nameOf(order: PostgresDatabase) {
  return placeOf({ cluster: 'c1', namespace: 'default', name: 'shop', uid: order.metadata.uid! }, order.spec?.name);
}

async function reconcile(
  workspace: MemoryWorkspace,
  ports: { server?: DatabaseServer; workspace?: OrderWorkspace } = {},
) {
  const fixed = { cluster: 'c1', clock: { now: () => 0 }, random: () => 0.5, refreshMs: 60_000 };
  return reconcileOrder(workspace.order!, { server, workspace, ...ports, ...fixed });
}

async function query(uri: string, text: string) {
  const sql = postgres(uri, { max: 1, onnotice: () => {} });
  try {
    return [...(await sql.unsafe(text))];
  } finally {
    await sql.end({ timeout: 1 });
  }
}

async function asSuperuser(text: string) {
  const sql = openPool(embedded.connection, { max: 1 });
  try {
    return [...(await sql.unsafe(text))];
  } finally {
    await sql.end({ timeout: 1 });
  }
}

function deleted(workspace: MemoryWorkspace): void {
  const order = workspace.order!;
  workspace.order = { ...order, metadata: { ...order.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
}

function readyOf(workspace: MemoryWorkspace) {
  return workspace.order?.status?.conditions?.find(({ type }) => type === 'Ready');
}

class Crash extends Error {}

/** `target`, whose calls are counted; the process "dies" before or after one of them. */
function mortal<T extends object>(target: T, counter: { calls: number; dieAt: number; after: boolean }): T {
  return new Proxy(target, {
    get: (_, key) => {
      const member = Reflect.get(target, key, target) as unknown;
      if (typeof member !== 'function') return member;
      return async (...args: unknown[]) => {
        const fatal = ++counter.calls === counter.dieAt;
        if (fatal && !counter.after) throw new Crash();
        const result: unknown = await member.apply(target, args);
        if (fatal) throw new Crash();
        return result;
      };
    },
  });
}

describe('reconciling an order', () => {
  it('delivers a database that its Secret opens, with limit, extensions and size', async () => {
    const workspace = new MemoryWorkspace(newOrder({ connectionLimit: 2, extensions: ['citext'] }));
    await reconcile(workspace);
    const rows = await query(
      workspace.textOf('uri'),
      "select 'A'::citext = 'a'::citext as equal, rolconnlimit, rolsuper from pg_roles where rolname = current_user",
    );
    expect(rows).toEqual([{ equal: true, rolconnlimit: 2, rolsuper: false }]);
    expect(workspace.order?.metadata.finalizers).toEqual([finalizer]);
    expect(workspace.order?.status).toMatchObject({ phase: 'Ready', secretRef: { name: 'shop-postgres' } });
    expect(workspace.order?.status?.sizeBytes).toBeGreaterThan(1_000_000);
  });

  it('changes nothing the second time', async () => {
    const workspace = new MemoryWorkspace(newOrder());
    await reconcile(workspace);
    const [secret, order] = [workspace.textOf('uri'), workspace.order];
    await reconcile(workspace);
    expect(workspace.textOf('uri')).toBe(secret);
    expect(workspace.order).toBe(order);
  });

  it('ends in the same place wherever it was killed', async () => {
    const whole = { calls: 0, dieAt: 0, after: false };
    const count = new MemoryWorkspace(newOrder({ extensions: ['citext'] }));
    await reconcile(count, { server: mortal(server, whole), workspace: mortal(count, whole) });
    expect(whole.calls).toBeGreaterThan(8);
    for (let dieAt = 1; dieAt <= whole.calls; dieAt++) {
      for (const after of [false, true]) {
        const workspace = new MemoryWorkspace(newOrder({ extensions: ['citext'] }));
        const counter = { calls: 0, dieAt, after };
        const ports = { server: mortal(server, counter), workspace: mortal(workspace, counter) };
        await expect(reconcile(workspace, ports)).rejects.toThrow(Crash);
        await reconcile(workspace);
        expect(workspace.order?.status?.phase).toBe('Ready');
        expect(await query(workspace.textOf('uri'), 'select 1 as one')).toEqual([{ one: 1 }]);
        deleted(workspace);
        await reconcile(workspace);
      }
    }
  }, 60_000);

  it('removes all, wherever it was killed', async () => {
    for (let dieAt = 1; dieAt <= 4; dieAt++) {
      const order = newOrder();
      const workspace = new MemoryWorkspace(order);
      await reconcile(workspace);
      deleted(workspace);
      const counter = { calls: 0, dieAt, after: true };
      const ports = { server: mortal(server, counter), workspace: mortal(workspace, counter) };
      await expect(reconcile(workspace, ports)).rejects.toThrow(Crash);
      if (workspace.order !== undefined) await reconcile(workspace);
      expect(workspace.order).toBeUndefined();
      expect(workspace.secrets.size).toBe(0);
      const { database, role } = nameOf(order);
      expect(await asSuperuser(`select 1 from pg_database where datname = '${database}'`)).toEqual([]);
      expect(await asSuperuser(`select 1 from pg_roles where rolname = '${role}'`)).toEqual([]);
    }
  });

  it('lets one of two providers win, whose password works', async () => {
    const workspace = new MemoryWorkspace(newOrder());
    await reconcile(workspace);
    workspace.secrets.clear();
    await Promise.all([reconcile(workspace), reconcile(workspace)]);
    await reconcile(workspace);
    expect(await query(workspace.textOf('uri'), 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('sets a new password when the Secret is deleted, and mends one that was edited', async () => {
    const workspace = new MemoryWorkspace(newOrder());
    await reconcile(workspace);
    const before = workspace.textOf('uri');
    workspace.secrets.clear();
    await reconcile(workspace);
    await expect(query(before, 'select 1')).rejects.toThrow('password authentication failed');
    const [secret] = workspace.secrets.values();
    secret!.data = { ...secret!.data, uri: 'aGE=', extra: 'aGE=' };
    await reconcile(workspace);
    expect(workspace.textOf('extra')).toBe('');
    expect(await query(workspace.textOf('uri'), 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('mends a role whose password its owner has changed', async () => {
    const workspace = new MemoryWorkspace(newOrder());
    await reconcile(workspace);
    await query(workspace.textOf('uri'), "alter role current_user password 'other'");
    await reconcile(workspace);
    expect(await query(workspace.textOf('uri'), 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('leaves the Secret of somebody else alone, and says so', async () => {
    const workspace = new MemoryWorkspace(newOrder());
    workspace.secrets.set('shop-postgres', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'shop-postgres' } });
    await reconcile(workspace);
    expect(readyOf(workspace)).toMatchObject({ status: 'False', reason: 'SecretTaken' });
    expect(workspace.textOf('uri')).toBe('');
    workspace.secrets.clear();
    await reconcile(workspace);
    expect(readyOf(workspace)?.status).toBe('True');
  });

  it('reports a name that is taken and heals when it is free', async () => {
    await asSuperuser('create database taken');
    const workspace = new MemoryWorkspace(newOrder({ name: 'taken' }));
    await reconcile(workspace);
    expect(readyOf(workspace)).toMatchObject({ status: 'False', reason: 'NameTaken' });
    await asSuperuser('drop database taken');
    await reconcile(workspace);
    expect(readyOf(workspace)?.status).toBe('True');
  });

  it("does not drop another's database of the wanted name", async () => {
    await asSuperuser('create database foreign_one');
    const workspace = new MemoryWorkspace(newOrder({ name: 'foreign_one' }));
    await reconcile(workspace);
    deleted(workspace);
    await reconcile(workspace);
    expect(workspace.order).toBeUndefined();
    expect(await asSuperuser("select 1 as there from pg_database where datname = 'foreign_one'")).toHaveLength(1);
  });

  it('names the extensions that fail, delivers the rest, and heals', async () => {
    const workspace = new MemoryWorkspace(newOrder({ extensions: ['citext', 'no_such', 'dblink'] }));
    await reconcile(workspace);
    const ready = readyOf(workspace);
    expect(ready).toMatchObject({ status: 'False', reason: 'ExtensionFailed' });
    expect(ready?.message).toMatch(/no_such.*dblink/);
    expect(await query(workspace.textOf('uri'), "select 'A' = 'a'::citext as equal")).toEqual([{ equal: true }]);
    workspace.order = { ...workspace.order!, spec: { extensions: ['citext'] } };
    await reconcile(workspace);
    expect(readyOf(workspace)?.status).toBe('True');
  });

  it('keeps the data of an order with deletionPolicy Keep and closes it', async () => {
    const workspace = new MemoryWorkspace(newOrder({ name: 'kept', deletionPolicy: 'Keep' }));
    await reconcile(workspace);
    const uri = workspace.textOf('uri');
    await query(uri, 'create table t as select 42 as n');
    deleted(workspace);
    await reconcile(workspace);
    expect(workspace.order).toBeUndefined();
    await expect(query(uri, 'select 1')).rejects.toThrow();
    const sql = openPool(embedded.connection, { database: 'kept', max: 1 });
    expect([...(await sql`select n from public.t`)]).toEqual([{ n: 42 }]);
    await sql.end();
  });

  it('drops a role that others have given rights to in their databases', async () => {
    const [one, two] = [new MemoryWorkspace(newOrder()), new MemoryWorkspace(newOrder())];
    await reconcile(one);
    await reconcile(two);
    const role = one.textOf('username');
    await query(two.textOf('uri'), `create table t (); grant select on t to ${role}`);
    await query(two.textOf('uri'), `grant connect on database ${two.textOf('database')} to ${role}`);
    deleted(one);
    await reconcile(one);
    expect(one.order).toBeUndefined();
    expect(await asSuperuser(`select 1 from pg_roles where rolname = '${role}'`)).toEqual([]);
  });

  it('keeps teams out of the databases of others, even ones that were opened', async () => {
    const [one, two] = [new MemoryWorkspace(newOrder()), new MemoryWorkspace(newOrder())];
    await reconcile(one);
    await reconcile(two);
    const elsewhere = new URL(two.textOf('uri'));
    elsewhere.pathname = `/${one.textOf('database')}`;
    await expect(query(elsewhere.href, 'select 1')).rejects.toThrow('permission denied for database');
    elsewhere.pathname = '/postgres';
    await expect(query(elsewhere.href, 'select 1')).rejects.toThrow('permission denied for database');
    await query(one.textOf('uri'), `grant connect on database ${one.textOf('database')} to public`);
    await reconcile(one);
    elsewhere.pathname = `/${one.textOf('database')}`;
    await expect(query(elsewhere.href, 'select 1')).rejects.toThrow('permission denied for database');
  });

  it('is not led astray by what an owner puts in the way', async () => {
    const workspace = new MemoryWorkspace(newOrder());
    await reconcile(workspace);
    const database = workspace.textOf('database');
    await query(workspace.textOf('uri'), `alter database ${database} set search_path = evil, pg_catalog`);
    await query(
      workspace.textOf('uri'),
      'create schema evil; create view evil.pg_available_extensions as select 1 as name',
    );
    workspace.order = { ...workspace.order!, spec: { extensions: ['citext'] } };
    await reconcile(workspace);
    expect(readyOf(workspace)?.status).toBe('True');
  });
});
