import { readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CanopyProcess, canopy, temporaryDirectory } from '../harness/canopy-process.ts';
import { Rest } from '../harness/rest.ts';

const rounds = Number(process.env['CANOPY_KILL_ROUNDS'] ?? 8);
const configMaps = '/api/v1/namespaces/default/configmaps';
let home: ReturnType<typeof temporaryDirectory>;
let server: CanopyProcess;
let backup: string;

async function create(from: number, to: number): Promise<void> {
  const rest = Rest.connect(server, 'root');
  const one = (i: number) =>
    rest.ok('POST', configMaps, { metadata: { name: `map-${i}` }, data: { text: 'x'.repeat(20_000) } });
  await Promise.all(Array.from({ length: to - from }, (_, i) => one(from + i)));
  rest.close();
}

/** How many objects a sound database has. */
async function soundObjects(): Promise<number> {
  const { code, stdout, stderr } = await canopy(['fsck', '--root-directory', server.rootDirectory]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  return Number(/(\d+) objects,/.exec(stderr)?.[1]);
}

beforeAll(async () => {
  home = temporaryDirectory();
  backup = path.join(home.path, 'full.backup');
  server = await CanopyProcess.start();
  await create(0, 300);
  await canopy(['backup', '--root-directory', server.rootDirectory, backup]);
  await create(300, 320);
});

afterAll(async () => {
  await server.dispose();
  home.remove();
});

describe('commands killed at any moment', () => {
  it(`leave no backup or a whole one, ${rounds} times`, async () => {
    const whole = new Set<boolean>();
    for (let round = 0; round < rounds; round++) {
      const file = path.join(home.path, `killed-${round}.backup`);
      const args = ['backup', '--root-directory', server.rootDirectory, file];
      await canopy(args, { timeout: 40 + (round * 600) / rounds });
      const exists = readdirSync(home.path).includes(path.basename(file));
      whole.add(exists);
      if (exists) expect(await canopy(['fsck', '--from', file])).toMatchObject({ code: 0, stdout: '' });
    }
    expect(whole.has(false)).toBe(true);
    expect(await canopy(['fsck', '--root-directory', server.rootDirectory])).toMatchObject({ code: 0 });
  });

  it(`leave the old store or the restored one, ${rounds} times, also after a server that was killed`, async () => {
    await server.end('SIGKILL');
    const old = await soundObjects();
    const restore = ['restore', '--force', '--root-directory', server.rootDirectory, backup];
    const seen: number[] = [];
    for (let round = 0; round < rounds; round++) {
      await canopy(restore, { timeout: 40 + (round * 600) / rounds });
      seen.push(await soundObjects());
    }
    expect(await canopy(restore)).toMatchObject({ code: 0 });
    const restored = await soundObjects();
    expect(readdirSync(server.rootDirectory).filter((name) => /^canopy.*tmp/.test(name))).toEqual([]);
    expect(restored).toBeLessThan(old);
    expect(seen[0]).toBe(old);
    expect(seen.filter((count) => count !== old && count !== restored)).toEqual([]);
    await server.startAgain();
    const rest = Rest.connect(server, 'root');
    expect(
      (await rest.ok('GET', configMaps)).items.filter(({ metadata }) => metadata.name.startsWith('map-')),
    ).toHaveLength(300);
    rest.close();
  });
});
