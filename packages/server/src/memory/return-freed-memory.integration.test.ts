import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const glibc = (process.report.getReport() as { header: { glibcVersionRuntime?: string } }).header.glibcVersionRuntime;

/** Prints bytes of resident memory: with much garbage collected between values that stay, and after it was returned. */
const program = `
  import { mallocTrim } from ${JSON.stringify(fileURLToPath(new URL('./return-freed-memory.ts', import.meta.url)))};
  const trim = mallocTrim();
  const rss = () => process.memoryUsage.rss();
  let values = Array.from({ length: 60_000 }, (_, i) => new Uint8Array(1000 + (i % 900)));
  const kept = values.filter((_, i) => i % 50 === 0);
  values = undefined;
  gc();
  await new Promise((resolve) => setTimeout(resolve, 100));
  gc();
  const before = rss();
  trim();
  console.log(JSON.stringify({ before, after: rss(), kept: kept.length }));
`;

// Other C libraries return memory by themselves, or cannot be asked to.
it.skipIf(glibc === undefined)('memory that was freed between values that stay goes back to the system', () => {
  const args = ['--expose-gc', '--input-type=module', '--eval', program];
  const run = execFileSync(process.execPath, args, { encoding: 'utf8' });
  const { before, after, kept } = JSON.parse(run) as { before: number; after: number; kept: number };
  expect(kept).toBe(1200);
  // Of 87 MB in values 85 MB are garbage.
  expect(before - after).toBeGreaterThan(30e6);
});
