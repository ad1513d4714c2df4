import { isStatusError, parseDuration } from '@canopy/apimachinery';
import { isConnectionError } from '@canopy/client';
import { Command, CommanderError, Option } from 'commander';
import { CliError, type CliIo } from '../session/cli-io.ts';

export const cliVersion = '0.1.0';

/** A program whose output goes through `io` and that never ends the process by itself. */
export function newProgram(io: CliIo, name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .version(cliVersion, '--version')
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.out(text), writeErr: (text) => io.err(text) })
    .showSuggestionAfterError(true);
}

/** The flags of kubectl that make sense here. `workspace` is left out where a command cannot work elsewhere. */
export function withCommonFlags(command: Command, options: { workspace: boolean }): Command {
  command
    .option('--kubeconfig <file>', 'path to the kubeconfig file')
    .option('--context <name>', 'kubeconfig context to use')
    .option('--user <name>', 'kubeconfig user to use')
    .option('--token <token>', 'bearer token instead of the credentials of the kubeconfig')
    .option('-s, --server <url>', 'server URL instead of that of the kubeconfig')
    .option('-n, --namespace <name>', 'namespace of the context')
    .option('--insecure-skip-tls-verify', 'do not verify the certificate of the server')
    .option('--certificate-authority <file>', 'PEM file of the authority of the server')
    .option('--tls-server-name <name>', 'name that the certificate of the server must have')
    .addOption(new Option('-v, --v <level>', 'taken, as kubectl passes it on, but nothing is logged').hideHelp());
  if (options.workspace)
    command.option('-w, --workspace <path>', 'work in another workspace; a leading colon makes the path absolute');
  return command;
}

/** Seconds of a duration such as `90`, `90s` or `1m30s`. */
export function secondsOf(text: string): number {
  const nanoseconds = parseDuration(/^\d+$/.test(text) ? `${text}s` : text);
  if (nanoseconds === undefined || nanoseconds < 0n) throw new CliError(`invalid duration ${JSON.stringify(text)}`);
  return Number(nanoseconds) / 1e9;
}

/**
 * Runs a program; the exit code says how it went. `__complete` followed by words tells what the last one may become, as
 * programs made with Cobra do.
 */
export async function runProgram(program: Command, args: readonly string[], io: CliIo): Promise<number> {
  try {
    if (args[0] === '__complete') {
      const { complete } = await import('./complete.ts');
      io.out(await complete(program, args.slice(1), io));
      return 0;
    }
    await program.parseAsync([...args], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    io.err(`Error: ${await messageOf(error)}\n`);
    return 1;
  }
}

async function messageOf(error: unknown): Promise<string> {
  if (error instanceof CliError || isStatusError(error)) return error.message;
  if (isConnectionError(error)) return `cannot reach the server: ${(error as Error).message}`;
  const { KubeconfigError } = await import('@canopy/client/node');
  if (error instanceof KubeconfigError) return error.message;
  return (error as Error).stack ?? String(error);
}
