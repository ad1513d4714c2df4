import path from 'node:path';
import { type CheckResult, checkDatabase, repairIndexes, verifySeal } from '@canopy/storage';
import { UsageError } from '../options/parse-options.ts';
import { type CommandLine, type MaintenanceCommand, noArguments, rootDirectoryOf } from './command-line.ts';
import { serverIndexRules } from './expected-indexes.ts';

export const fsckCommand: MaintenanceCommand = {
  name: 'fsck',
  help: `Usage: canopy fsck [flags]

Looks for damage in a database: SQLite's own structures, the log, every object, its index rows and its lease. A server
may be running on it; one snapshot is looked at. Each problem is a line on standard output, beginning with the key.
Exit code 0: no problems, 1: problems, 2: it could not be told.

Flags:
  --root-directory DIR  The server's root directory. Default: CANOPY_ROOT_DIRECTORY, else .canopy.
  --from FILE           A database or a backup instead.
  --repair              Write all index rows anew, if no server is running, then look. Nothing else is repaired.
`,
  flags: { 'root-directory': 'string', from: 'string', repair: 'boolean' },
  run,
};

async function run(line: CommandLine): Promise<number> {
  noArguments(line, 'fsck');
  const from = line.text('from');
  if (from !== undefined && line.text('root-directory') !== undefined)
    throw new UsageError('--from and --root-directory exclude each other');
  const file = from === undefined ? path.join(rootDirectoryOf(line), 'canopy.db') : path.resolve(line.cwd, from);
  const sealed = from !== undefined && verifySeal(file);
  const indexRules = await serverIndexRules();
  if (line.has('repair')) {
    if (sealed) throw new UsageError(`${file} is a backup; restore it and repair the database`);
    const { corrected, indexRows } = repairIndexes(file, indexRules);
    line.note(`wrote ${indexRows} index rows; the lists of ${corrected} objects were corrected`);
  }
  const result = checkDatabase(file, {
    indexRules,
    onProblem: ({ where, what }) => line.print(`${where}: ${what}`),
  });
  line.note(summary(file, result, sealed));
  return result.problems === 0 ? 0 : 1;
}

function summary(file: string, result: CheckResult, sealed: boolean): string {
  const { problems, revision, objects, changes, indexRows, recomputed, partlyRecomputed } = result;
  return [
    `${file}: ${problems === 0 ? 'no problems' : `${problems} problems`} at revision ${revision}`,
    `${objects} objects, ${changes} changes in the log, ${indexRows} index rows`,
    `index rows computed anew of ${recomputed} objects, in part of ${partlyRecomputed}`,
    ...(sealed ? ['checksum right'] : []),
  ].join('; ');
}
