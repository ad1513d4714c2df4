import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { checkDatabase, SqliteStorage, type Storage, type StorageKey } from '@canopy/storage';
import { openEtcdStorage } from '@canopy/storage/etcd';
import { type EtcdCluster, findEtcd, startEtcd } from '@canopy/storage/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runMaintenance } from './maintenance.ts';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const objects = 8000;
/** One attempt each, killed at some moment of so many milliseconds after its first objects were copied. */
const killWithinMs = [0, 300, 900];

const directory = mkdtempSync(path.join(tmpdir(), 'canopy-migrate-'));
const running = new Set<ChildProcess>();
afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** `killAfter`: milliseconds after its first sign of life. */
async function migrate(from: string, to: string, killAfter?: number): Promise<Ended> {
  const child = spawn(process.execPath, [main, 'storage', 'migrate', '--from', from, '--to', to], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    if (err === '' && killAfter !== undefined) void sleep(killAfter).then(() => child.kill('SIGKILL'));
    err += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  running.delete(child);
  return { code, out, err };
}

/** Kills it again and again, then lets it end. Returns how it ended, and how many attempts were killed when objects had been copied. */
async function migrateUnderFire(from: string, to: string): Promise<Ended & { killed: number }> {
  let killed = 0;
  for (const within of killWithinMs) {
    const ended = await migrate(from, to, Math.random() * within);
    expect([0, null], ended.err).toContain(ended.code);
    if (ended.code === null && /^copied [1-9]/.test(ended.err)) killed++;
  }
  return { ...(await migrate(from, to)), killed };
}

function sumOf({ out }: Ended): string {
  return /sha256 [0-9a-f]{64}/.exec(out)?.[0] ?? out;
}

async function fill(storage: Storage): Promise<void> {
  const lease = await storage.grantLease(3600);
  for (let i = 0; i < objects; i += 500) {
    const operations = Array.from({ length: 500 }, (_, n) => ({
      type: 'put' as const,
      key: keyOf(i + n),
      value: Buffer.from(
        JSON.stringify({ metadata: { name: `n${i + n}`, namespace: 'default' }, data: 'x'.repeat((i * n) % 700) }),
      ),
      indexes: [{ index: 'cluster', value: `c${(i + n) % 50}` }],
      ...(n % 10 === 0 ? { lease } : {}),
    }));
    await storage.transact({ compares: [], operations });
  }
}

function keyOf(i: number): StorageKey {
  return `/r/core/configmaps/root/default/n${i}` as StorageKey;
}

/** Keys, values and what the index finds. */
async function contentOf(storage: Storage): Promise<{ all: string[]; indexed: string[][] }> {
  const line = ({ key, value }: { key: string; value: Uint8Array }): string => `${key}=${Buffer.from(value)}`;
  const { items } = await storage.range('/');
  const values = await storage.indexValues('cluster', '');
  const indexed = await Promise.all(
    values.map(async (value) => (await storage.rangeIndex('cluster', value)).items.map(line)),
  );
  return { all: items.map(line), indexed };
}

const { current } = findEtcd();
describe.skipIf(!current.found)(`a move that is killed${current.found ? '' : ` (${current.reason})`}`, () => {
  let etcd: EtcdCluster;
  beforeAll(async () => {
    etcd = await startEtcd({ binary: current.found ? current.path : '' });
  });
  afterAll(() => etcd?.stop());

  it('goes on where it stood, to etcd and back, and loses and doubles nothing', async () => {
    const home = path.join(directory, 'home');
    mkdirSync(home);
    const first = await SqliteStorage.open({ path: path.join(home, 'canopy.db') });
    await fill(first);
    const before = await contentOf(first);
    expect(before.all).toHaveLength(objects);
    await first.close();
    const database = readFileSync(path.join(home, 'canopy.db'));

    const to = `etcd:${etcd.endpoints.join(',')}?prefix=/moved`;
    const there = await migrateUnderFire(`sqlite:${home}`, to);
    expect(there).toMatchObject({ code: 0 });
    expect(there.killed).toBeGreaterThan(0);
    expect(there.err).toMatch(/An earlier attempt had moved \d+ objects\./);
    expect(there.out).toContain(`${objects} objects and ${objects} index rows are the same on both sides`);
    const moved = await openEtcdStorage({ endpoints: etcd.endpoints, prefix: '/moved' });
    expect(await contentOf(moved)).toEqual(before);
    await moved.close();
    expect(readFileSync(path.join(home, 'canopy.db')).equals(database)).toBe(true);

    const back = path.join(directory, 'back', 'canopy.db');
    const again = await migrateUnderFire(to, `sqlite:${path.dirname(back)}`);
    expect(again).toMatchObject({ code: 0 });
    expect(again.killed).toBeGreaterThan(0);
    expect(sumOf(again)).toBe(sumOf(there));
    expect(existsSync(`${back}.moving`)).toBe(false);
    const returned = await SqliteStorage.open({ path: back });
    expect(await contentOf(returned)).toEqual(before);
    await returned.close();
    const problems: string[] = [];
    checkDatabase(back, { onProblem: ({ where, what }) => problems.push(`${where}: ${what}`) });
    expect(problems).toEqual([]);
  }, 180_000);
});

describe.skipIf(!current.found)(`a move${current.found ? '' : ` (${current.reason})`}`, () => {
  const one = async (name: string, bytes: number): Promise<string> => {
    const file = path.join(directory, name);
    const storage = await SqliteStorage.open({ path: file });
    const value = Buffer.alloc(bytes, 'x');
    await storage.transact({ compares: [], operations: [{ type: 'put', key: keyOf(0), value }] });
    await storage.close();
    return file;
  };

  it('goes to an etcd with TLS, by its certificate', async () => {
    const etcd = await startEtcd({ binary: current.found ? current.path : '', tls: true });
    try {
      const ca = path.join(directory, 'etcd-ca.pem');
      writeFileSync(ca, etcd.tls?.ca ?? '');
      const file = await one('tls.db', 1);
      const to = `etcd:${etcd.endpoints.join(',')}`;
      const args = ['migrate', '--from', `sqlite:${file}`, '--to', to, '--etcd-cafile', ca];
      const lines: string[] = [];
      const surroundings = {
        environment: {},
        cwd: directory,
        print: (line: string) => lines.push(line),
        note: () => 0,
      };
      expect(await runMaintenance('storage', args, surroundings)).toBe(0);
      expect(lines[0]).toBe('1 objects and 0 index rows are the same on both sides');
    } finally {
      await etcd.stop();
    }
  });

  it('is refused with exit code 2 and one line when the target overlaps the source', async () => {
    const etcd = await startEtcd({ binary: current.found ? current.path : '' });
    try {
      const [endpoint] = etcd.endpoints as [string];
      const storage = await openEtcdStorage({ endpoints: etcd.endpoints, prefix: '/shop' });
      await storage.transact({ compares: [], operations: [{ type: 'put', key: keyOf(0), value: Buffer.from('{}') }] });
      await storage.close();
      const home = path.join(directory, 'overlapping');
      mkdirSync(home);
      await one('overlapping/canopy.db', 1);
      symlinkSync(home, path.join(directory, 'overlapping-too'));
      for (const [from, to] of [
        [`etcd:${endpoint}?prefix=/shop`, `etcd:${endpoint.replace('127.0.0.1', 'localhost')}?prefix=/shop/inner`],
        [`sqlite:${home}`, `sqlite:${home}-too`],
      ] as const) {
        const ended = await migrate(from, to);
        expect(ended).toMatchObject({ code: 2, out: '' });
        expect(ended.err).toMatch(/^canopy: \S.* and \S.* overlap; [^\n]+\n$/);
      }
    } finally {
      await etcd.stop();
    }
  });

  it('tells which object is too large for etcd, and what to do', async () => {
    const etcd = await startEtcd({ binary: current.found ? current.path : '', flags: ['--max-request-bytes=1000000'] });
    try {
      const ended = await migrate(`sqlite:${await one('large.db', 2_000_000)}`, `etcd:${etcd.endpoints.join(',')}`);
      expect(ended.code).toBe(1);
      expect(ended.err).toContain(`etcd does not take ${keyOf(0)}`);
      expect(ended.err).toContain('start etcd with a larger --max-request-bytes');
    } finally {
      await etcd.stop();
    }
  });
});

describe('a move that is asked for wrongly', () => {
  const lines: string[] = [];
  const canopy = (...args: string[]): Promise<number> =>
    runMaintenance('storage', args, {
      environment: {},
      cwd: directory,
      print: (line) => lines.push(line),
      note: (line) => lines.push(line),
    });

  it('is refused with one line, before anything is touched', async () => {
    const etcd = 'etcd:http://127.0.0.1:1';
    for (const args of [
      ['migrate'],
      ['migrate', '--from', 'sqlite:a.db'],
      ['migrate', '--from', 'mysql:a', '--to', etcd],
      ['migrate', '--from', 'sqlite:a.db', '--to', 'sqlite:./a.db'],
      ['migrate', '--from', 'sqlite:a.db', '--to', 'etcd:localhost:2379'],
      ['migrate', '--from', 'sqlite:a.db', '--to', `${etcd}?prefix=x`],
      ['migrate', '--from', 'sqlite:a.db', '--to', `${etcd}?prfix=/x`],
      ['migrate', '--from', 'sqlite:a.db', '--to', 'etcd:https://127.0.0.1:1'],
      ['migrate', '--from', 'sqlite:a.db', '--to', `${etcd},https://127.0.0.1:1`],
      ['migrate', '--from', 'sqlite:a.db', '--to', etcd, '--etcd-cafile', 'missing.pem'],
      ['migrate', '--from', 'sqlite:a.db', '--to', etcd, '--revision-jump', 'far'],
      ['migrate', '--from', 'sqlite:a.db', '--to', etcd, '--no-such-flag'],
      ['migrate', 'more', '--from', 'sqlite:a.db', '--to', etcd],
      ['move'],
      [],
    ]) {
      lines.length = 0;
      expect(await canopy(...args), args.join(' ')).toBe(2);
      expect(lines, args.join(' ')).toHaveLength(1);
      expect(lines[0]).toMatch(/^canopy: [^\n]+$/);
    }
    expect(existsSync(path.join(directory, 'a.db'))).toBe(false);
  });

  it('fails with 1 when there is no store to move', async () => {
    for (const [name, file] of [
      ['none.db', 'none.db'],
      ['none', 'none/canopy.db'],
    ]) {
      lines.length = 0;
      expect(await canopy('migrate', '--from', `sqlite:${name}`, '--to', 'sqlite:other/canopy.db')).toBe(1);
      expect(lines).toEqual([`canopy: there is no database at ${path.join(directory, file ?? '')}`]);
    }
  });

  it('fails with 1 when etcd cannot be reached, or when what is there is no database', async () => {
    const file = path.join(directory, 'no-database');
    mkdirSync(file);
    writeFileSync(
      path.join(file, 'canopy.db'),
      'something else, that is longer than the header of a database'.repeat(9),
    );
    for (const [from, to, words] of [
      [
        'sqlite:none.db',
        'etcd:http://127.0.0.1:1',
        /^canopy: etcd cannot be reached: connect ECONNREFUSED 127\.0\.0\.1:1$/,
      ],
      ['sqlite:no-database', 'sqlite:other', /^canopy: cannot read \S+canopy\.db: file is not a database$/],
      ['sqlite:none.db', 'sqlite:no-database', /^canopy: cannot read \S+canopy\.db: file is not a database$/],
    ] as const) {
      lines.length = 0;
      expect(await canopy('migrate', '--from', from, '--to', to), from).toBe(1);
      expect(lines).toEqual([expect.stringMatching(words)]);
    }
    expect(readdirSync(file)).toEqual(['canopy.db']);
  }, 30_000);

  it('tells how it is used', async () => {
    for (const args of [['--help'], ['migrate', '--help']]) {
      lines.length = 0;
      expect(await canopy(...args)).toBe(0);
      expect(lines[0]).toContain('Usage: canopy storage migrate');
    }
  });
});
