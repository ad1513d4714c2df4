import type { Command } from 'commander';
import type { CliIo } from '../session/cli-io.ts';
import { addCreateWorkspace } from './create-program.ts';
import { addBind, addSnapshot, kcpProgram } from './kcp-program.ts';
import { newProgram, withCommonFlags } from './run-program.ts';
import { withSession } from './with-session.ts';
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
  addCreateWorkspace(program, io, 'create-workspace', 'The same as kubectl create workspace.');
  addBind(program, io);
  program.option('--help-client', 'this text').on('option:help-client', () => program.help());
  program.addCommand(wsProgram(io, 'ws'));
  program.addCommand(kcpProgram(io, 'kcp'));
  return program;
}
