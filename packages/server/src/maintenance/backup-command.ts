import path from 'node:path';
import { backupDatabase } from '@canopy/storage';
import { type CommandLine, type MaintenanceCommand, onlyArgument, rootDirectoryOf } from './command-line.ts';
import { readRootFiles } from './root-files.ts';

export const backupCommand: MaintenanceCommand = {
  name: 'backup',
  help: `Usage: canopy backup [flags] FILE

Writes everything a server is made of to one file: its database, and the certificates, keys and tokens of its root
directory. The server may be running and goes on serving. FILE appears when it is complete, checked and on the disk.
Whoever can read FILE can act as the server and as its administrator; its mode is 0600.

Flags:
  --root-directory DIR  The server's root directory. Default: CANOPY_ROOT_DIRECTORY, else .canopy.
  --force               Replace FILE when it exists.
  --without-keys        Leave out certificates, keys and tokens; a server restored from it makes new ones.
  --unchecked           Do not look for damage in what was copied.
`,
  flags: { 'root-directory': 'string', force: 'boolean', 'without-keys': 'boolean', unchecked: 'boolean' },
  run,
};

async function run(line: CommandLine): Promise<number> {
  const target = onlyArgument(line, 'FILE', 'backup');
  const directory = rootDirectoryOf(line);
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort(new Error('it was interrupted'));
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  const files = line.has('without-keys') ? new Map<string, Uint8Array>() : readRootFiles(directory);
  const result = await backupDatabase({
    path: path.join(directory, 'canopy.db'),
    target,
    files,
    force: line.has('force'),
    unchecked: line.has('unchecked'),
    signal: interrupted.signal,
  });
  line.print(`${target}: revision ${result.revision}, ${result.objects} objects, ${result.bytes} bytes`);
  line.print(`sha256 ${result.sha256}`);
  line.note(files.size === 0 ? 'It holds no keys.' : `It holds keys: ${[...files.keys()].join(', ')}. Keep it secret.`);
  return 0;
}
