import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Row } from './report.ts';
import { launcherEnvironment, launcherFlags } from './server/canopy-process.ts';

const root = path.join(import.meta.dirname, '..');
const expected = [
  'start to ready, first',
  'start to ready, median',
  'resident memory, empty',
  'workspace to Ready, one at a time',
  'workspace to Ready, one at a time, p50',
  'workspace to Ready, 16 at a time',
  'rows of one workspace',
  'memory per workspace, from empty',
  'memory per workspace, caches full',
  'heap per workspace, caches full',
  'resident memory, after workspaces',
  ...['create', 'get'].flatMap((verb) => [`${verb}, 32 at a time`, `${verb}, one at a time`]),
  'list 500, 4 at a time',
  'list 500, one at a time',
  ...['patch', 'delete'].flatMap((verb) => [`${verb}, 32 at a time`, `${verb}, one at a time`]),
  'watch events to 100 watchers',
  'watch events at 100 writes/s',
  'resident memory, after everything',
];

describe.skipIf(!existsSync(path.join(root, 'dist/canopy.js')))('the bench of many workspaces', () => {
  it('measures a store of a dozen', { timeout: 120_000 }, async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'canopy-bench-test-'));
    const file = path.join(directory, 'result.json');
    const args = ['--quick', '--to', '12', '--directory', directory, '--json', file];
    try {
      await promisify(execFile)(process.execPath, [path.join(root, 'bench/scale.ts'), ...args]);
      const { stages } = JSON.parse(readFileSync(file, 'utf8')) as { stages: { workspaces: number; rows: Row[] }[] };
      expect(stages.map(({ workspaces }) => workspaces)).toEqual([12]);
      const values = new Map(stages[0]?.rows.map(({ name, value }) => [name, value]));
      expect(values.get('provider: orders found in pages')).toBe(12);
      for (const name of ['start to ready', 'get, cold', 'watch, warm', 'provider: orders', '/metrics'])
        expect(values.get(name), name).toBeGreaterThan(0);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});

describe('the quick bench', () => {
  it.skipIf(!existsSync(path.join(root, 'dist/canopy.js')))('measures everything', { timeout: 120_000 }, async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'canopy-bench-test-'));
    try {
      const file = path.join(directory, 'result.json');
      await promisify(execFile)(process.execPath, [path.join(root, 'bench/run.ts'), '--quick', '--json', file]);
      const { rows } = JSON.parse(readFileSync(file, 'utf8')) as { rows: Row[] };
      expect(rows.map(({ name }) => name)).toEqual(expected);
      for (const { name, value, ceilings } of rows) {
        expect(value, name).toBeGreaterThan(0);
        for (const ceiling of Object.values(ceilings ?? {})) expect(ceiling, name).toBeGreaterThan(0);
      }
      for (const { name, clientMicros } of rows.filter(({ bar, unit }) => bar?.share !== undefined && unit === '/s'))
        expect(clientMicros, name).toBeGreaterThan(0);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});

it('benches start the server as the launcher does', () => {
  const launcher = readFileSync(path.join(root, 'bin/canopy'), 'utf8');
  for (const [name, value] of Object.entries(launcherEnvironment))
    expect(launcher).toContain(`${name}=\${${name}:-${value}}\n`);
  const flags = launcherFlags(root);
  expect(flags.length).toBeGreaterThan(0);
  expect(launcher).toContain(`exec "$node" ${flags.join(' ')} "$root/dist/$program.js" "$@"\n`);
});

describe('the quick bench of workspaces', () => {
  it.skipIf(!existsSync(path.join(root, 'dist/canopy.js')))(
    'makes and deletes them, and sees no list, object and cluster that contradict one another',
    { timeout: 120_000 },
    async () => {
      const directory = mkdtempSync(path.join(tmpdir(), 'canopy-bench-test-'));
      try {
        const file = path.join(directory, 'result.json');
        await promisify(execFile)(process.execPath, [
          path.join(root, 'bench/workspaces/run.ts'),
          '--quick',
          '--json',
          file,
        ]);
        const { rows } = JSON.parse(readFileSync(file, 'utf8')) as { rows: Row[] };
        const shapes = ['flat of 150', 'tree of 86', 'chain of 5'];
        for (const shape of shapes) {
          const figureOf = (what: string) => rows.find(({ name }) => name === `${shape}: ${what}`)?.value;
          expect(figureOf('deleted in'), shape).toBeGreaterThan(0);
          expect(figureOf('consistent reads'), shape).toBeGreaterThan(0);
        }
        expect(rows.filter(({ name }) => name.startsWith('to Ready'))).toHaveLength(6);
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    },
  );
});
