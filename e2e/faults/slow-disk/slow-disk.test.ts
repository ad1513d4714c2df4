import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CanopyProcess } from '../../harness/canopy-process.ts';
import { eventually } from '../../harness/poll.ts';
import { type Answer, type KubeJson, Rest } from '../../harness/rest.ts';
import { openWatch } from '../../harness/watch-stream.ts';
import { StoreSnapshot } from '../store-snapshot.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';
/** Together more than may be in work (256) and wait (1,000); a connection has at most 1,000 requests. */
const connections = 4;
const perConnection = 500;
const settled = (answer: Answer): boolean => answer.status === 201;

let directory: string;
let server: CanopyProcess;
let rest: Rest;

function commitsTake(ms: number): void {
  writeFileSync(path.join(directory, 'delay'), String(ms));
}

beforeEach(async () => {
  directory = mkdtempSync(path.join(os.tmpdir(), 'canopy-slow-'));
  commitsTake(0);
  const preloaded = pathToFileURL(path.join(import.meta.dirname, 'slow-commits.ts')).href;
  const env = { NODE_OPTIONS: `--import=${preloaded}`, COMMIT_DELAY_FILE: path.join(directory, 'delay') };
  server = await CanopyProcess.start({ env });
  rest = Rest.connect(server, 'root');
});
afterEach(async () => {
  commitsTake(0);
  rest.close();
  await server.dispose();
  rmSync(directory, { recursive: true, force: true });
});

/** Reads until `work` is done; how many reads were answered meanwhile. */
async function readsDuring(work: Promise<unknown>): Promise<number> {
  let over = false;
  void work.finally(() => {
    over = true;
  });
  let reads = 0;
  while (!over) {
    expect((await rest.get(`${configMaps}/before`)).status).toBe(200);
    expect((await rest.get(`${configMaps}?limit=10`)).status).toBe(200);
    if (!over) reads += 1;
  }
  return reads;
}

describe('a server whose disk takes long to commit', () => {
  it('reads on, lets writes wait, refuses what is too much, and keeps what it acknowledged, in order', async () => {
    await rest.ok('POST', configMaps, { metadata: { name: 'before' } });
    const { metadata } = await rest.ok('GET', configMaps);
    const watch = await openWatch(rest, `${configMaps}?watch=true&resourceVersion=${metadata.resourceVersion}`);
    commitsTake(500);
    const few = Promise.all(
      Array.from({ length: 100 }, (_, i) => rest.post(configMaps, { metadata: { name: `few-${i}` } })),
    );
    expect(await readsDuring(few)).toBeGreaterThan(2);
    const kept: KubeJson[] = (await few).map((answer) => answer.json());
    expect((await few).every(settled)).toBe(true);

    const clients = Array.from({ length: connections }, () => Rest.connect(server, 'root'));
    const flood = Promise.all(
      clients.flatMap((client, c) =>
        Array.from({ length: perConnection }, (_, i) =>
          client.post(configMaps, { metadata: { name: `many-${c}-${i}` } }),
        ),
      ),
    );
    expect((await rest.get('/readyz')).status).toBe(200);
    expect(await readsDuring(flood)).toBeGreaterThan(2);
    const answers = await flood;
    for (const client of clients) client.close();
    kept.push(...answers.filter(settled).map((answer) => answer.json()));
    const refused = answers.filter((answer) => !settled(answer));
    expect(refused.length).toBeGreaterThan(0);
    for (const answer of refused) {
      expect([answer.status, answer.json().reason]).toEqual([429, 'TooManyRequests']);
      expect(answer.headers['retry-after']).toBe('1');
      expect(answer.json().details).toMatchObject({ retryAfterSeconds: 1 });
    }

    commitsTake(0);
    kept.push(await rest.ok('POST', configMaps, { metadata: { name: 'after' } }));
    await watch.named('ADDED', 'after');
    const inOrder = kept.sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion));
    expect(watch.events.map(({ object }) => object.metadata.name)).toEqual(inOrder.map((one) => one.metadata.name));
    await server.end('SIGKILL');
    const snapshot = StoreSnapshot.ofDead(server.rootDirectory);
    expect(snapshot.faults()).toEqual([]);
    snapshot.close();
    await server.startAgain();
    rest.close();
    rest = Rest.connect(server, 'root');
    const found = new Set((await rest.ok('GET', configMaps)).items.map((item) => item.metadata.name));
    for (const { metadata: kept } of inOrder) expect(found.has(kept.name), kept.name).toBe(true);
  });

  it('reads, and says that it is ready, while a disk hangs; who does not want to wait is told that the write may come', async () => {
    await rest.ok('POST', configMaps, { metadata: { name: 'before' } });
    commitsTake(4000);
    const patient = rest.post(configMaps, { metadata: { name: 'patient' } });
    await sleep(200);
    const impatient = await rest.post(`${configMaps}?timeout=1s`, { metadata: { name: 'impatient' } });
    expect([impatient.status, impatient.json().reason]).toEqual([504, 'Timeout']);
    const crowd = Array.from({ length: 400 }, (_, i) => rest.post(configMaps, { metadata: { name: `crowd-${i}` } }));
    expect((await rest.get('/readyz')).status).toBe(200);
    expect((await rest.get(`${configMaps}/before`)).status).toBe(200);
    expect((await rest.get(`${configMaps}/patient`)).status).toBe(404);
    let waiting = true;
    void patient.finally(() => {
      waiting = false;
    });
    expect((await rest.ok('GET', configMaps)).items.map((item) => item.metadata.name)).toContain('before');
    expect(waiting).toBe(true);
    expect((await patient).status).toBe(201);
    commitsTake(0);
    expect((await Promise.all(crowd)).every(settled)).toBe(true);
    await eventually(async () => (await rest.get(`${configMaps}/impatient`)).status === 200);
  });
});
