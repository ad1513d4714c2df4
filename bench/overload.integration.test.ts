import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Row } from './report.ts';

const root = path.join(import.meta.dirname, '..');
/** Several times what was ever seen; what grows with each request is beyond it in no time. */
const heapBound = 64e6;
const residentBound = 600e6;
/** Ten times and more what they take. */
const kilobytesEach = 200;

async function resultOf(program: string, args: readonly string[]): Promise<unknown> {
  const directory = mkdtempSync(path.join(tmpdir(), 'canopy-bench-test-'));
  try {
    const file = path.join(directory, 'result.json');
    await promisify(execFile)(process.execPath, [path.join(root, program), ...args, '--json', file]);
    return JSON.parse(readFileSync(file, 'utf8'));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

interface SoakResult {
  before: { rss: number; heapUsed: number };
  after: { rss: number; heapUsed: number };
  tenant: Record<string, number>;
  abuser: { served: number };
}

describe.skipIf(!existsSync(path.join(root, 'dist/canopy.js')))('a server that is misused', () => {
  it('answers all of a well-behaved tenant, and comes back to its memory', { timeout: 180_000 }, async () => {
    const { before, after, tenant, abuser } = (await resultOf('bench/soak.ts', ['--minutes', '0.15'])) as SoakResult;
    expect(abuser.served).toBeGreaterThan(0);
    expect(Object.keys(tenant)).toEqual(['200', '201']);
    expect(after.heapUsed - before.heapUsed).toBeLessThan(heapBound);
    expect(after.rss - before.rss).toBeLessThan(residentBound);
  });

  it('spends little on connections that do nothing and on requests that never end', { timeout: 180_000 }, async () => {
    const { rows } = (await resultOf('bench/connections.ts', ['--count', '300'])) as { rows: Row[] };
    const figure = (name: string): number | undefined => rows.find((row) => row.name === name)?.value;
    for (const kind of ['idle', 'half a request']) {
      expect(figure(`${kind}: connections open`)).toBe(300);
      expect(figure(`${kind}: of this on the heap`)).toBeLessThan(kilobytesEach);
      expect(figure(`${kind}: of this outside of it`)).toBeLessThan(kilobytesEach);
    }
  });
});
