import { parseArgs } from 'node:util';

/** One option of a program, and what its usage says of it. */
export type ProgramOption = { help: string } & (
  | { type: 'switch' }
  /** `value`: what it is, such as FILE. */
  | { type: 'text'; value: string }
  /** Not negative. */
  | { type: 'number' }
  /** Some of these, comma-separated. */
  | { type: 'some'; of: readonly string[] }
);

type OptionTable = Readonly<Record<string, ProgramOption>>;

type OptionValue<Type extends ProgramOption['type']> = {
  switch: boolean;
  text: string | undefined;
  number: number | undefined;
  some: readonly string[] | undefined;
}[Type];

export type OptionValues<Table extends OptionTable> = { [Name in keyof Table]: OptionValue<Table[Name]['type']> };

export interface Program<Table extends OptionTable> {
  /** As `npm run` knows it. */
  name: string;
  /** Sentences for the usage. */
  purpose: string;
  options: Table;
  /** The one argument that it may have besides. */
  argument?: { name: string; help: string };
}

export interface GivenOptions<Table extends OptionTable> {
  values: OptionValues<Table>;
  argument: string | undefined;
}

/** What many programs have. */
export const commonOptions = {
  quick: { type: 'switch', help: 'little of everything, only to show that it can be measured' },
  root: { type: 'text', value: 'DIR', help: 'the built tree to measure; default: this one' },
  json: { type: 'text', value: 'FILE', help: 'where the figures go; default: a new file in bench/results/' },
} as const satisfies OptionTable;

/** A command line that a program does not take; the message is one line. */
export class ProgramUsageError extends Error {}

/** What this process was started with. Ends it with the usage for `--help`, and with one line and exit code 2 for what is wrong. */
export function programOptions<const Table extends OptionTable>(program: Program<Table>): GivenOptions<Table> {
  const args = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(usageOf(program));
    process.exit(0);
  }
  try {
    return parseProgramOptions(program, args);
  } catch (error) {
    if (!(error instanceof ProgramUsageError)) throw error;
    process.stderr.write(`${program.name}: ${error.message}; see npm run ${program.name} -- --help\n`);
    process.exit(2);
  }
}

/** @throws ProgramUsageError */
export function parseProgramOptions<const Table extends OptionTable>(
  { options, argument }: Program<Table>,
  args: readonly string[],
): GivenOptions<Table> {
  const { values, positionals } = parsed(options, args);
  const [first, second] = positionals;
  const unexpected = argument === undefined ? first : second;
  if (unexpected !== undefined) throw new ProgramUsageError(`unexpected argument ${JSON.stringify(unexpected)}`);
  const read = Object.entries(options).map(([name, option]) => [name, readValue(name, option, values[name])]);
  return { values: Object.fromEntries(read) as OptionValues<Table>, argument: first };
}

export function usageOf({ name, purpose, options, argument }: Program<OptionTable>): string {
  const lines = Object.entries(options).map(([option, { help, ...kind }]) => {
    const value = { switch: '', text: '', number: ' N', some: ' PARTS' }[kind.type];
    const flag = `--${option}${kind.type === 'text' ? ` ${kind.value}` : value}`;
    return { flag, help: kind.type === 'some' ? `${help}: ${kind.of.join(', ')}` : help };
  });
  if (argument !== undefined) lines.unshift({ flag: argument.name, help: argument.help });
  const width = Math.max(...lines.map(({ flag }) => flag.length));
  const words = argument === undefined ? '[OPTION...]' : `[${argument.name}] [OPTION...]`;
  const texts = lines.map(({ flag, help }) => `  ${flag.padEnd(width)}  ${help}\n`);
  return `Usage: npm run ${name} [-- ${words}]\n\n${purpose}\n\n${texts.join('')}`;
}

function parsed(
  options: OptionTable,
  args: readonly string[],
): { values: Record<string, unknown>; positionals: string[] } {
  const config = Object.entries(options).map(([name, { type }]) => {
    return [name, { type: type === 'switch' ? ('boolean' as const) : ('string' as const) }] as const;
  });
  try {
    return parseArgs({ args: [...args], options: Object.fromEntries(config), allowPositionals: true });
  } catch (error) {
    throw new ProgramUsageError((error as Error).message.split(/[.\n]/)[0]);
  }
}

function readValue(
  name: string,
  option: ProgramOption,
  given: unknown,
): boolean | string | number | string[] | undefined {
  if (option.type === 'switch') return given === true;
  if (typeof given !== 'string') return undefined;
  if (option.type === 'number') {
    if (!/^\d+(\.\d+)?$/.test(given))
      throw new ProgramUsageError(`--${name} must be a number, not ${JSON.stringify(given)}`);
    return Number(given);
  }
  if (option.type === 'text') return given;
  const parts = given.split(',');
  const unknown = parts.find((part) => !option.of.includes(part));
  if (unknown !== undefined)
    throw new ProgramUsageError(`--${name} knows no ${JSON.stringify(unknown)}, only ${option.of.join(', ')}`);
  return parts;
}
