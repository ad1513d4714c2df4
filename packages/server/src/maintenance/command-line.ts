import path from 'node:path';
import { parseArgs } from 'node:util';
import { UsageError } from '../options/parse-options.ts';

/** A command that looks after a store. */
export interface MaintenanceCommand {
  /** What follows `canopy `. */
  name: string;
  help: string;
  /** Flags: with a value or without. */
  flags: Readonly<Record<string, 'string' | 'boolean'>>;
  run(line: CommandLine): Promise<number>;
}

export interface CommandLine {
  /** Arguments that are not flags. */
  positionals: readonly string[];
  text(flag: string): string | undefined;
  has(flag: string): boolean;
  environment: Readonly<Record<string, string | undefined>>;
  cwd: string;
  /** A line to standard output. */
  print(line: string): void;
  /** A line to standard error. */
  note(line: string): void;
}

/** Throws UsageError for flags that the command does not have. */
export function parseCommandLine(
  command: MaintenanceCommand,
  args: readonly string[],
  surroundings: Pick<CommandLine, 'environment' | 'cwd' | 'print' | 'note'>,
): CommandLine {
  const options = Object.fromEntries(Object.entries(command.flags).map(([name, type]) => [name, { type }]));
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    return {
      ...surroundings,
      positionals,
      text(flag) {
        const value = values[flag];
        return typeof value === 'string' ? value : undefined;
      },
      has: (flag) => values[flag] === true,
    };
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split('. ')[0]}; see canopy ${command.name} --help`);
  }
}

/** `--root-directory`, else its environment variable, else `.canopy`: as for `canopy start`. */
export function rootDirectoryOf(line: CommandLine): string {
  const given = line.text('root-directory') ?? line.environment['CANOPY_ROOT_DIRECTORY'];
  return path.resolve(line.cwd, given || '.canopy');
}

/** The one argument of a command. Throws UsageError when there is none, or more. */
export function onlyArgument(line: CommandLine, name: string, command: string): string {
  const [first, ...others] = line.positionals;
  if (first === undefined || others.length > 0)
    throw new UsageError(`canopy ${command} takes one ${name}; see canopy ${command} --help`);
  return path.resolve(line.cwd, first);
}

export function noArguments(line: CommandLine, command: string): void {
  const [first] = line.positionals;
  if (first !== undefined)
    throw new UsageError(`unexpected argument ${JSON.stringify(first)}; see canopy ${command} --help`);
}

/** Decision 9. */
export const defaultRevisionJump = 1_000_000_000;

/** The value of `--revision-jump`. */
export function revisionJumpOf(text: string | undefined): number {
  if (text === undefined) return defaultRevisionJump;
  if (!/^\d{1,15}$/.test(text))
    throw new UsageError(`--revision-jump must be a whole number, not ${JSON.stringify(text)}`);
  return Number(text);
}
