import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Row } from './report.ts';

const root = path.join(import.meta.dirname, '..');

async function quickRows(program: string): Promise<Map<string, Row>> {
  const directory = mkdtempSync(path.join(tmpdir(), 'canopy-bench-test-'));
  try {
    const file = path.join(directory, 'result.json');
    await promisify(execFile)(process.execPath, [path.join(root, program), '--quick', '--json', file]);
    const { rows } = JSON.parse(readFileSync(file, 'utf8')) as { rows: Row[] };
    return new Map(rows.map((row) => [row.name, row]));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

describe('the quick bench of watches', () => {
  it.skipIf(!existsSync(path.join(root, 'dist/canopy.js')))(
    'measures everything: none of its watches fails, and the reader that does not read is cut off',
    { timeout: 120_000 },
    async () => {
      const rows = await quickRows('bench/watch.ts');
      for (const name of [
        'resident memory per idle watch, of 400',
        'watch events to 200 watchers',
        'resume over 2000 changes',
      ])
        expect(rows.get(name)?.value, name).toBeGreaterThan(0);
      for (const name of [
        'from commit to others, beside a reader that does not read',
        'from commit to others, beside it',
      ])
        expect(rows.get(name)?.p99, name).toBeGreaterThanOrEqual(0);
    },
  );
});

describe('the quick bench of compaction', () => {
  it('finds the file within twice what lives and what the log keeps', { timeout: 120_000 }, async () => {
    const rows = await quickRows('bench/compaction.ts');
    for (const size of ['1 kB', '500 kB']) {
      const ratio = rows.get(`${size} values, compacting: file when closed, of live + kept`)?.value;
      expect(ratio).toBeLessThan(2);
      expect(rows.get(`${size} values, no compaction: file when closed, of live + kept`)?.value).toBeGreaterThan(
        ratio as number,
      );
    }
  });
});
