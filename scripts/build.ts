// Bundles the programs of `entries.ts` into `dist/`: ES modules, shared code split into chunks, dynamic imports kept
// lazy. The new build replaces the old one only when it is complete.
import { mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'rolldown';
import { buildEntries } from './entries.ts';
import { root } from './node-runtime.mjs';
import { fingerprintFile, sourceFingerprint } from './source-fingerprint.mjs';

/** Native packages that others use where they happen to be installed. */
const optionalNatives = ['bufferutil', 'utf-8-validate'];

const started = performance.now();
const fingerprint = sourceFingerprint();
const entries = buildEntries(root);
if (!entries.canopy) {
  process.stderr.write('build: packages/server/src/main.ts is missing; there is nothing to bundle\n');
  process.exit(1);
}

const target = path.join(root, 'dist');
const fresh = path.join(root, `dist.${process.pid}.tmp`);
try {
  const result = await build({
    cwd: root,
    input: entries,
    platform: 'node',
    external: optionalNatives,
    tsconfig: false,
    resolve: { conditionNames: ['node', 'import', 'default'] },
    output: {
      dir: fresh,
      format: 'esm',
      sourcemap: true,
      minify: 'dce-only',
      entryFileNames: '[name].js',
      chunkFileNames: 'chunks/[name]-[hash].js',
    },
  });
  mkdirSync(fresh, { recursive: true });
  writeFileSync(path.join(fresh, path.basename(fingerprintFile)), fingerprint);
  rmSync(target, { recursive: true, force: true });
  renameSync(fresh, target);
  const bytes = result.output.reduce((sum, chunk) => sum + statSync(path.join(target, chunk.fileName)).size, 0);
  process.stderr.write(
    `build: ${Object.keys(entries).length} programs, ${result.output.length} files, ` +
      `${Math.round(bytes / 1024)} KiB in ${Math.round(performance.now() - started)} ms\n`,
  );
} finally {
  rmSync(fresh, { recursive: true, force: true });
}
