import { isStatusError } from '@canopy/apimachinery';
import { isConnectionError } from '@canopy/client';
import { KubeconfigError } from '@canopy/client/node';
import { Command, CommanderError } from 'commander';
import { CliError, type CliIo } from '../session/cli-io.ts';
import { type CommonFlags, Session } from '../session/session.ts';

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
    .option('--insecure-skip-tls-verify', 'do not verify the certificate of the server');
  if (options.workspace)
    command.option('-w, --workspace <path>', 'work in another workspace; a leading colon makes the path absolute');
  return command;
}

/** Opens the session that the flags describe, runs the work and closes it. */
export async function withSession(
  io: CliIo,
  flags: CommonFlags,
  work: (session: Session) => Promise<void>,
): Promise<void> {
  const session = await Session.open(io, flags);
  try {
    await work(session);
  } finally {
    await session.close();
  }
}

/** Runs a program; the exit code says how it went. */
export async function runProgram(program: Command, args: readonly string[], io: CliIo): Promise<number> {
  try {
    await program.parseAsync([...args], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    io.err(`Error: ${messageOf(error)}\n`);
    return 1;
  }
}

function messageOf(error: unknown): string {
  if (error instanceof CliError || error instanceof KubeconfigError || isStatusError(error)) return error.message;
  if (isConnectionError(error)) return `cannot reach the server: ${(error as Error).message}`;
  return (error as Error).stack ?? String(error);
}
