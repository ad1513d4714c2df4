import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

const cliPrograms = 'packages/cli/src/bin';

/**
 * What the build makes: name of a file in `dist/`, without its ending → source file. `canopy` is the program itself,
 * `sqlite-worker` and `api-thread` are started as threads under these very names, and each file of the CLI's `bin`
 * folder is a program of its own, which `bin/<name>` starts. Sources that do not exist are left out.
 */
export function buildEntries(root: string): Record<string, string> {
  const entries: Record<string, string> = {
    canopy: 'packages/server/src/main.ts',
    'sqlite-worker': 'packages/storage/src/drivers/sqlite/sqlite-worker.ts',
    'api-thread': 'packages/server/src/threads/api-thread.ts',
  };
  const folder = path.join(root, cliPrograms);
  for (const file of existsSync(folder) ? readdirSync(folder).sort() : []) {
    if (file.endsWith('.ts') && !file.endsWith('.test.ts')) entries[file.slice(0, -3)] = `${cliPrograms}/${file}`;
  }
  return Object.fromEntries(Object.entries(entries).filter(([, source]) => existsSync(path.join(root, source))));
}
