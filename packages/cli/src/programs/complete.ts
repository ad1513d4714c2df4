import type { Command, Option } from 'commander';
import type { CliIo } from '../session/cli-io.ts';
import type { CommonFlags } from '../session/session.ts';
import type { Candidate } from './complete-names.ts';

/** What the shell does besides offering the words; numbers of Cobra's ShellCompDirective. */
const directives = { files: 0, plain: 4, path: 6 } as const;

interface Answer {
  candidates: Candidate[];
  directive: (typeof directives)[keyof typeof directives];
}

/** The words before the one to complete, understood as far as needed. */
interface Position {
  command: Command;
  /** Arguments of `command` so far. */
  count: number;
  /** The option that the word to complete is the value of. */
  pending: Option | undefined;
  flags: Record<string, string | true>;
}

/**
 * What the last of the words may become, in Cobra's completion format: a candidate per line, with a tab and what it means
 * where that helps, and a line `:<directive>`. This is what kubectl expects of the program `kubectl_complete-<plugin>`,
 * which it runs with the plugin's words. Nothing is offered when the server does not answer.
 */
export async function complete(program: Command, words: readonly string[], io: CliIo): Promise<string> {
  const last = words.at(-1) ?? '';
  const position = understand(program, words.slice(0, -1));
  let answer: Answer;
  try {
    answer = await answerFor(position, last, io);
  } catch {
    answer = { candidates: [], directive: directives.plain };
  }
  const lines = startingWith(last, answer.candidates).map(({ value, meaning }) =>
    meaning ? `${value}\t${meaning}\n` : `${value}\n`,
  );
  return `${lines.join('')}:${answer.directive}\n`;
}

function startingWith(text: string, candidates: readonly Candidate[]): Candidate[] {
  return candidates.filter(({ value }) => value.startsWith(text));
}

function understand(program: Command, words: readonly string[]): Position {
  const position: Position = { command: program, count: 0, pending: undefined, flags: {} };
  let optionsEnded = false;
  for (const word of words) {
    if (position.pending !== undefined) {
      position.flags[position.pending.attributeName()] = word;
      position.pending = undefined;
    } else if (word === '--') optionsEnded = true;
    else if (!optionsEnded && word.startsWith('-') && word !== '-') readOption(position, word);
    else {
      const sub = position.count === 0 ? subcommand(position.command, word) : undefined;
      if (sub === undefined) position.count++;
      else position.command = sub;
    }
  }
  return position;
}

function subcommand(command: Command, word: string): Command | undefined {
  return command.commands.find((sub) => sub.name() === word || sub.aliases().includes(word));
}

function readOption(position: Position, word: string): void {
  const equals = word.startsWith('--') ? word.indexOf('=') : -1;
  const flag = equals === -1 ? word : word.slice(0, equals);
  const option = optionsOf(position.command).find(({ long, short }) => long === flag || short === flag);
  if (option === undefined) return;
  if (equals !== -1) position.flags[option.attributeName()] = word.slice(equals + 1);
  else if (option.required) position.pending = option;
  else position.flags[option.attributeName()] = true;
}

/** The options of a command and of those it belongs to. */
function optionsOf(command: Command): Option[] {
  const own = command.options.filter((option) => !option.hidden);
  return command.parent === null ? own : [...own, ...optionsOf(command.parent)];
}

async function answerFor(position: Position, last: string, io: CliIo): Promise<Answer> {
  const { command, pending, count } = position;
  if (pending !== undefined) return valuesOf(pending, position, last, io);
  if (last.startsWith('-') && last !== '-') return optionsStarting(position, last, io);
  const argument = command.registeredArguments[count]?.name();
  const subcommands =
    count > 0 ? [] : command.commands.map((sub) => ({ value: sub.name(), meaning: sub.description() }));
  if (argument === undefined) return { candidates: subcommands, directive: directives.plain };
  const found = await namesFor(argument, position, last, io);
  const directive = found.paths && startingWith(last, found.candidates).length > 0 ? directives.path : directives.plain;
  return { candidates: [...subcommands, ...found.candidates], directive };
}

async function optionsStarting(position: Position, last: string, io: CliIo): Promise<Answer> {
  const equals = last.indexOf('=');
  const options = optionsOf(position.command);
  if (equals === -1) {
    const candidates = options.flatMap(({ long, description }) =>
      long ? [{ value: long, meaning: description }] : [],
    );
    return { candidates: [...candidates, { value: '--help', meaning: 'help' }], directive: directives.plain };
  }
  const flag = last.slice(0, equals);
  const option = options.find(({ long }) => long === flag);
  if (option === undefined) return { candidates: [], directive: directives.plain };
  const answer = await valuesOf(option, position, last.slice(equals + 1), io);
  return { ...answer, candidates: answer.candidates.map(({ value }) => ({ value: `${flag}=${value}` })) };
}

const fixedValues: Readonly<Record<string, readonly string[]>> = {
  output: ['yaml', 'json'],
  scenario: ['api-provider', 'workspaces'],
};
const fileOptions = new Set(['kubeconfig', 'filename', 'certificateAuthority']);

async function valuesOf(option: Option, position: Position, text: string, io: CliIo): Promise<Answer> {
  const name = option.attributeName();
  if (fileOptions.has(name)) return { candidates: [], directive: directives.files };
  const fixed = fixedValues[name];
  if (fixed !== undefined) {
    return { candidates: fixed.map((value) => ({ value })), directive: directives.plain };
  }
  const { candidates, paths } = await namesFor(name, position, text, io);
  return { candidates, directive: paths ? directives.path : directives.plain };
}

/** Names that depend on the kubeconfig or the server; `paths` tells that one may go on behind them. */
async function namesFor(
  what: string,
  { command, flags }: Position,
  text: string,
  io: CliIo,
): Promise<{ candidates: Candidate[]; paths: boolean }> {
  const names = await import('./complete-names.ts');
  const common = flags as CommonFlags;
  const isName = what === 'name' && command.name() === 'apibinding';
  if (what === 'workspace') return { candidates: await names.workspaceNames(io, common, text), paths: true };
  if (what === 'path:export') return { candidates: await names.exportNames(io, common, text), paths: true };
  if (what === 'apibinding' || isName) return { candidates: await names.bindingNames(io, common), paths: false };
  if (what === 'context' || what === 'user') {
    return { candidates: await names.kubeconfigNames(io, common, `${what}s`), paths: false };
  }
  return { candidates: [], paths: false };
}
