import type { Command } from 'commander';
import type { CliIo } from '../session/cli-io.ts';
import { addSnapshot, kcpProgram } from './kcp-program.ts';
import { newProgram, withCommonFlags, withSession } from './run-program.ts';
import { wsProgram } from './ws-program.ts';

/** The client side of `canopy`: everything but `start`. */
export function clientProgram(io: CliIo): Command {
  const program = newProgram(io, 'canopy', 'Talks to a Canopy server. `canopy start` runs one.');
  const kubeconfig = withCommonFlags(
    program
      .command('kubeconfig <workspace>')
      .description('Prints a kubeconfig for one workspace, with the present credentials.'),
    { workspace: false },
  ).option('--name <name>', 'name of its context; default: the path');
  kubeconfig.action(async (workspace: string, flags: { name?: string }) => {
    const { printKubeconfig } = await import('../workspaces/workspace-kubeconfig.ts');
    await withSession(io, kubeconfig.optsWithGlobals(), (session) => printKubeconfig(session, workspace, flags.name));
  });
  addSnapshot(program, io, 'crd-to-schema');
  program.addCommand(wsProgram(io, 'ws'));
  program.addCommand(kcpProgram(io, 'kcp'));
  return program;
}
