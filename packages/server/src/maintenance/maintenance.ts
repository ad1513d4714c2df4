import { isStorageError } from '@canopy/storage';
import { UsageError } from '../options/parse-options.ts';
import { backupCommand } from './backup-command.ts';
import { type CommandLine, type MaintenanceCommand, parseCommandLine } from './command-line.ts';
import { fsckCommand } from './fsck-command.ts';
import { migrateCommand } from './migrate-command.ts';
import { restoreCommand } from './restore-command.ts';

const commands: readonly MaintenanceCommand[] = [backupCommand, restoreCommand, fsckCommand, migrateCommand];

/**
 * Runs `canopy NAME ARGS` and returns its exit code: 0 when all is well, 1 when something was found or failed, 2 for a
 * mistake of the user. `fsck`, whose 1 means that problems were found, answers 2 when it fails.
 */
export async function runMaintenance(
  name: string,
  args: readonly string[],
  surroundings: Pick<CommandLine, 'environment' | 'cwd' | 'print' | 'note'>,
): Promise<number> {
  const words = args.length > 0 && !args[0]?.startsWith('-') ? `${name} ${args[0]}` : name;
  const asksForHelp = args.includes('--help') || args.includes('-h');
  const command =
    commands.find((candidate) => candidate.name === name || candidate.name === words) ??
    commands.find((candidate) => asksForHelp && candidate.name.startsWith(`${name} `));
  if (command === undefined) return unknown(name, words, surroundings);
  if (asksForHelp) {
    surroundings.print(command.help.trimEnd());
    return 0;
  }
  try {
    return await command.run(parseCommandLine(command, command.name === name ? args : args.slice(1), surroundings));
  } catch (error) {
    if (!(error instanceof UsageError) && !isStorageError(error)) throw error;
    surroundings.note(`canopy: ${error.message}`);
    if (error instanceof UsageError || isStorageError(error, 'InvalidArgument')) return 2;
    return command.name === 'fsck' ? 2 : 1;
  }
}

/** The first word alone, or with another second one. */
function unknown(name: string, words: string, { note }: Pick<CommandLine, 'note'>): number {
  const known = commands
    .filter((candidate) => candidate.name.startsWith(`${name} `))
    .map((candidate) => candidate.name);
  note(`canopy: unknown command ${words}; there is ${known.join(', ')}`);
  return 2;
}
