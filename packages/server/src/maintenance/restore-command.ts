import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { restoreDatabase } from '@canopy/storage';
import { UsageError } from '../options/parse-options.ts';
import {
  type CommandLine,
  defaultRevisionJump,
  type MaintenanceCommand,
  onlyArgument,
  revisionJumpOf,
  rootDirectoryOf,
} from './command-line.ts';
import { readRootFiles, writeRootFiles } from './root-files.ts';

export const restoreCommand: MaintenanceCommand = {
  name: 'restore',
  help: `Usage: canopy restore [flags] FILE

Makes a root directory of a backup. No server may be running on it. The backup is verified first; the database is
replaced in one step at the end. Resource versions continue far above those of the backup and all history is
compacted, so clients that watched the lost state get 410 Expired and list again.

Flags:
  --root-directory DIR  Where to restore. Default: CANOPY_ROOT_DIRECTORY, else .canopy. Made when it does not exist.
  --force               Replace a database, certificates and keys that are there.
  --revision-jump N     Distance from the highest resource version that is known, of the backup or of the replaced
                        database; must exceed the number of changes made since. Default ${defaultRevisionJump}.
  --unchecked           Restore a backup in which problems were found. Its checksum must be right nevertheless.
`,
  flags: { 'root-directory': 'string', force: 'boolean', 'revision-jump': 'string', unchecked: 'boolean' },
  run,
};

async function run(line: CommandLine): Promise<number> {
  const backup = onlyArgument(line, 'FILE', 'restore');
  const directory = rootDirectoryOf(line);
  const revisionJump = revisionJumpOf(line.text('revision-jump'));
  const force = line.has('force');
  process.umask(0o077);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const [present] = force ? [] : readRootFiles(directory).keys();
  if (present !== undefined)
    throw new UsageError(`${path.join(directory, present)} exists already; --force replaces it`);
  const result = restoreDatabase({
    backup,
    path: path.join(directory, 'canopy.db'),
    force,
    unchecked: line.has('unchecked'),
    revisionJump,
    installFiles: (files) => writeRootFiles(directory, files),
  });
  line.print(
    `${directory}: ${result.objects} objects as of revision ${result.backupRevision}; the revision is now ${result.revision}`,
  );
  if (result.replacedRevision !== undefined)
    line.note(`The replaced database was at revision ${result.replacedRevision}.`);
  return 0;
}
