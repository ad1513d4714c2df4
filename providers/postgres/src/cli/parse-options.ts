import type { OptionDeclaration, OptionName, OptionValues } from './option-table.ts';
import { optionTable } from './option-table.ts';

/** A mistake of the user: one clear line, exit code 2, nothing touched. */
export class UsageError extends Error {}

/** Flags win over the environment, that over defaults. `--name value` and `--name=value`. @throws UsageError */
export function parseOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): OptionValues {
  const values: Partial<OptionValues> = {};
  for (const option of optionTable as readonly (OptionDeclaration & { name: OptionName })[]) {
    const variable = option.variable === undefined ? undefined : environment[option.variable];
    values[option.name] = variable || option.default;
  }
  for (let index = 0; index < args.length; index++) {
    const [, name, inline] = /^--([a-z-]+)(?:=(.*))?$/s.exec(args[index]!) ?? [];
    if (name === undefined) throw new UsageError(`unexpected argument ${JSON.stringify(args[index])}`);
    if (!isOption(name)) throw new UsageError(`unknown flag --${name}`);
    const value = inline ?? args[++index];
    if (value === undefined) throw new UsageError(`flag --${name} needs a value`);
    values[name] = value;
  }
  return values as OptionValues;
}

function isOption(name: string): name is OptionName {
  return optionTable.some((option) => option.name === name);
}

export function helpText(): string {
  const rows = (optionTable as readonly OptionDeclaration[]).map((option) => {
    const initial = option.default === '' ? '' : ` (default ${option.default})`;
    const variable = option.variable === undefined ? '' : `\n        Environment: ${option.variable}`;
    return `  --${option.name} ${option.value}\n        ${option.help}${initial}${variable}\n`;
  });
  return `Usage: provider-postgres COMMAND [flags]

PostgreSQL databases as a service: fulfils PostgresDatabase orders of all workspaces that bind the export.

Commands:
  setup   publish the API in the provider's workspace; may be repeated
  run     fulfil orders until interrupted

Flags:
${rows.join('')}`;
}
