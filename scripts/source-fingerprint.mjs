import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { root } from './node-runtime.mjs';

/** Where the build leaves the fingerprint of what it was made from. */
export const fingerprintFile = path.join(root, 'dist', 'sources.txt');

/**
 * Digest over name, size and modification time of all that the build reads. Contents are not read, so that the check
 * costs a few milliseconds; a touched file causes one needless build.
 */
export function sourceFingerprint() {
  const hash = createHash('sha1');
  /** @param {string} file */
  const add = (file) => {
    const stat = statSync(path.join(root, file));
    hash.update(`${file} ${stat.size} ${stat.mtimeMs}\n`);
  };
  for (const file of ['package-lock.json', 'scripts/build.ts', 'scripts/entries.ts']) add(file);
  for (const name of readdirSync(path.join(root, 'packages')).sort()) {
    const manifest = `packages/${name}/package.json`;
    if (!existsSync(path.join(root, manifest))) continue;
    add(manifest);
    if (existsSync(path.join(root, 'packages', name, 'src'))) walk(`packages/${name}/src`, add);
  }
  return hash.digest('hex');
}

/**
 * @param {string} folder
 * @param {(file: string) => void} add
 */
function walk(folder, add) {
  for (const entry of readdirSync(path.join(root, folder), { withFileTypes: true })) {
    const place = `${folder}/${entry.name}`;
    if (entry.isDirectory()) walk(place, add);
    else if (!entry.name.endsWith('.test.ts')) add(place);
  }
}

/** Whether `dist/` was built from the sources as they are now. */
export function buildIsCurrent() {
  try {
    return readFileSync(fingerprintFile, 'utf8') === sourceFingerprint();
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return false;
    throw error;
  }
}
