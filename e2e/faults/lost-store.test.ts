import { randomBytes } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CanopyProcess } from '../harness/canopy-process.ts';
import { eventually, within } from '../harness/poll.ts';
import { type KubeJson, Rest } from '../harness/rest.ts';
import { StoreSnapshot } from './store-snapshot.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';
const lastWords = /^canopy: the store failed for good, so the server stops: (.+)$/;

let directory: string;
let server: CanopyProcess;
let rest: Rest;
let kept: KubeJson[];

beforeEach(async () => {
  directory = mkdtempSync(path.join(os.tmpdir(), 'canopy-lost-'));
  writeFileSync(path.join(directory, 'fault'), '');
  const preloaded = pathToFileURL(path.join(import.meta.dirname, 'lost-commits.ts')).href;
  const env = { NODE_OPTIONS: `--import=${preloaded}`, COMMIT_FAULT_FILE: path.join(directory, 'fault') };
  server = await CanopyProcess.start({ env });
  rest = Rest.connect(server, 'root');
  kept = [];
  for (let i = 0; i < 50; i++)
    kept.push(
      await rest.ok('POST', configMaps, { metadata: { name: `kept-${i}` }, data: { text: 'x'.repeat(20_000) } }),
    );
});
afterEach(async () => {
  rest.close();
  await server.dispose();
  rmSync(directory, { recursive: true, force: true });
});

function files(): string[] {
  return ['canopy.db', 'canopy.db-wal', 'canopy.db-shm'].map((name) => path.join(server.rootDirectory, name));
}

/** Writes until the server is gone: what it still acknowledges counts. How it ended. */
async function writeToTheEnd(): Promise<{ code: number | null; words: string }> {
  const ended = server.ended();
  const writing = (async () => {
    for (let i = 0; ; i++) {
      const answer = await rest.post(configMaps, { metadata: { name: `late-${i}` } });
      if (answer.status === 201) kept.push(answer.json());
    }
  })().catch(() => undefined);
  const { code } = await within(15_000, 'the end of the server', ended);
  await writing;
  return { code, words: server.stderr };
}

async function expectAllKept(): Promise<void> {
  await server.startAgain();
  rest.close();
  rest = Rest.connect(server, 'root');
  const found = new Map((await rest.ok('GET', configMaps)).items.map(({ metadata }) => [metadata.name, metadata.uid]));
  for (const { metadata } of kept) expect(found.get(metadata.name), metadata.name).toBe(metadata.uid);
  await server.end('SIGKILL');
  const snapshot = StoreSnapshot.ofDead(server.rootDirectory);
  expect(snapshot.faults()).toEqual([]);
  snapshot.close();
}

describe('a server whose store is lost while it runs ends with exit code 1 and one line, and a later start has all that it acknowledged:', () => {
  it('a commit of which it was told that it failed was made after all', async () => {
    writeFileSync(path.join(directory, 'fault'), 'deny');
    const { code, words } = await writeToTheEnd();
    expect(code).toBe(1);
    expect(words.trim()).toMatch(lastWords);
    writeFileSync(path.join(directory, 'fault'), '');
    await expectAllKept();
  });

  it.each([
    ['the database and its log', [0, 1, 2]],
    ['the database', [0]],
    ['the log', [1]],
  ])('%s is moved away, and put back later', async (_, moved) => {
    const away = files().filter((_, i) => moved.includes(i));
    for (const file of away) renameSync(file, path.join(directory, path.basename(file)));
    const { code, words } = await writeToTheEnd();
    expect(code).toBe(1);
    expect(words.trim()).toMatch(lastWords);
    expect(words).toMatch(/canopy\.db(-wal)? (is gone|is another file)/);
    for (const file of away) renameSync(path.join(directory, path.basename(file)), file);
    await expectAllKept();
  });

  it('the database is moved away while nobody writes, and put back later', async () => {
    const [file = ''] = files();
    const ended = server.ended();
    renameSync(file, path.join(directory, 'away'));
    const { code } = await within(15_000, 'the end of the server', ended);
    expect(code).toBe(1);
    expect(server.stderr.trim()).toMatch(lastWords);
    expect(server.stderr).toContain('canopy.db is gone');
    renameSync(path.join(directory, 'away'), file);
    await expectAllKept();
  });
});

describe('a server that is started again where its database is gone', () => {
  it('does not begin anew beside the log, and says so when it does without one', async () => {
    await server.end('SIGKILL');
    const [database = '', log = ''] = files();
    renameSync(database, path.join(directory, 'away'));
    await expect(server.startAgain()).rejects.toThrow(/canopy\.db is missing or empty, but its log/);
    renameSync(path.join(directory, 'away'), database);
    await expectAllKept();
    rmSync(database);
    rmSync(log, { force: true });
    await server.startAgain();
    await eventually(() => server.stderr.endsWith('\n'));
    expect(JSON.parse(server.stderr.trim())).toMatchObject({
      msg: 'the database is gone: a new, empty one was made',
      path: database,
    });
  });
});

describe('a server whose database is cut off while it runs', () => {
  it('ends with exit code 1 and one line, and is not started again on what is left', async () => {
    // More than the server keeps in memory.
    for (let i = 0; i < 300; i++) {
      const body = { metadata: { name: `more-${i}` }, data: { text: randomBytes(20_000).toString('hex') } };
      await rest.ok('POST', configMaps, body);
    }
    truncateSync(files()[0] as string, 8192);
    const reading = Rest.connect(server, 'root');
    const lists = (async () => {
      for (;;) await reading.get(configMaps);
    })().catch(() => undefined);
    const { code, words } = await writeToTheEnd();
    await lists;
    reading.close();
    expect(code).toBe(1);
    expect(words.trim()).toMatch(lastWords);
    await expect(server.startAgain()).rejects.toThrow(/the server ended \(2\)/);
  });
});
