import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { silentLogger } from '@canopy/client';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { PostgresServer } from '../database/postgres-server.ts';
import { EmbeddedServer } from './embedded-server.ts';
import { isAlive } from './server-process.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'canopy-embedded-'));
const started: EmbeddedServer[] = [];

async function start(): Promise<EmbeddedServer> {
  const server = await EmbeddedServer.start({ root, logger: silentLogger });
  started.push(server);
  return server;
}

async function ping(server: EmbeddedServer): Promise<void> {
  const client = new PostgresServer({ connection: server.connection });
  try {
    await client.ping();
  } finally {
    await client.close();
  }
}

afterEach(async () => {
  for (const server of started.splice(0)) await server.stop();
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('the embedded server', () => {
  it('starts below a folder that only its owner may enter, and keeps the password to that one', async () => {
    expect(statSync(root).mode & 0o077).toBe(0);
    await ping(await start());
    expect(statSync(path.join(root, 'superuser-password')).mode & 0o777).toBe(0o600);
  }, 90_000);

  it('keeps its port and its data from one start to the next', async () => {
    const first = await start();
    await first.stop();
    expect(isAlive(first.pid)).toBe(false);
    const second = await start();
    expect(second.connection.port).toBe(first.connection.port);
    expect(second.connection.password).toBe(first.connection.password);
  }, 90_000);

  it('takes over a server that was left running', async () => {
    const first = await start();
    const second = await start();
    expect(second.pid).toBe(first.pid);
    await ping(second);
  }, 90_000);

  it('starts again over the lock file of one that was killed', async () => {
    const first = await start();
    process.kill(first.pid, 'SIGKILL');
    const client = new PostgresServer({ connection: first.connection });
    while (isAlive(first.pid)) await new Promise((resolve) => setTimeout(resolve, 10));
    await expect(client.ping()).rejects.toMatchObject({ reason: 'ServerUnreachable' });
    await client.close();
    await ping(await start());
  }, 90_000);

  it('is not fooled by a lock file that names a process of another program', async () => {
    const first = await start();
    await first.stop();
    writeFileSync(path.join(root, 'data/postmaster.pid'), `${process.pid}\n/elsewhere\n0\n1\n`);
    const second = await start();
    expect(second.pid).not.toBe(process.pid);
    await ping(second);
  }, 90_000);

  it('comes back by itself when it dies while it is kept up', async () => {
    const server = await start();
    const stop = new AbortController();
    const kept = server.run(stop.signal);
    const before = server.pid;
    process.kill(before, 'SIGKILL');
    while (server.pid === before) await new Promise((resolve) => setTimeout(resolve, 20));
    stop.abort();
    await kept;
    expect(isAlive(server.pid)).toBe(false);
  }, 90_000);
});
