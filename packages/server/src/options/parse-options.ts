import {
  environmentName,
  type OptionDeclaration,
  type OptionName,
  type OptionValues,
  optionTable,
} from './option-table.ts';

/** A mistake of the user: one clear line and exit code 2, nothing touched. */
export class UsageError extends Error {}

/** Flags win over the environment, the environment over defaults. `--name value` and `--name=value`. */
export function parseOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): OptionValues {
  const values: Record<string, string> = {};
  for (const option of optionTable) values[option.name] = environment[environmentName(option.name)] ?? option.default;
  for (let i = 0; i < args.length; i++) {
    const argument = args[i] as string;
    if (!argument.startsWith('--'))
      throw new UsageError(`unexpected argument ${JSON.stringify(argument)}; see canopy start --help`);
    const equals = argument.indexOf('=');
    const name = argument.slice(2, equals === -1 ? undefined : equals);
    if (!isOption(name)) throw new UsageError(`unknown flag --${name}; see canopy start --help`);
    const value = equals === -1 ? args[++i] : argument.slice(equals + 1);
    if (value === undefined) throw new UsageError(`flag --${name} needs a value`);
    values[name] = value;
  }
  return values as OptionValues;
}

function isOption(name: string): name is OptionName {
  return optionTable.some((option) => option.name === name);
}

export function helpText(): string {
  const rows = optionTable.map((option: OptionDeclaration) => {
    const initial = option.default === '' ? '' : ` (default ${option.default})`;
    return `  --${option.name} ${option.value}\n        ${option.help}${initial}\n        Environment: ${environmentName(option.name)}`;
  });
  return `Usage: canopy start [flags]\n\nStarts the server in the foreground; Ctrl-C stops it.\n\nFlags:\n${rows.join('\n')}\n`;
}
