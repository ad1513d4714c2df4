import type { Command } from 'commander';
import type { CliIo } from '../session/cli-io.ts';
import type { CommonFlags } from '../session/session.ts';
import { newProgram, withCommonFlags } from './run-program.ts';
import { withSession } from './with-session.ts';

interface CreateFlags extends CommonFlags {
  type?: string;
  enter?: boolean;
  ignoreExisting?: boolean;
  locationSelector?: string;
  createContext?: string;
}

function configure(command: Command, io: CliIo): Command {
  command
    .option('--type <type>', 'workspace type: a name, or path:name')
    .option('--enter', 'go to the new workspace')
    .option('--ignore-existing', 'succeed when the workspace exists already')
    .option('--location-selector <labels>', 'labels of the shard to place it on')
    .option('--create-context <name>', 'add a context for it to the kubeconfig')
    .action(async (name: string) => {
      const flags = command.optsWithGlobals<CreateFlags>();
      const { createWorkspace } = await import('../workspaces/create-workspace.ts');
      const { type, locationSelector, createContext } = flags;
      await withSession(io, flags, (session) =>
        createWorkspace(session, name, {
          enter: flags.enter ?? false,
          ignoreExisting: flags.ignoreExisting ?? false,
          ...(type === undefined ? {} : { type }),
          ...(locationSelector === undefined ? {} : { locationSelector }),
          ...(createContext === undefined ? {} : { createContext }),
        }),
      );
    });
  return command;
}

/** The command as part of another program; the flags that this one has already are left to it. */
export function addCreateWorkspace(program: Command, io: CliIo, name: string, description: string): void {
  const command = program.command(`${name} <name>`).description(description);
  const inherited = program.options.some((option) => option.long === '--kubeconfig');
  if (inherited) command.option('-w, --workspace <path>', 'below another workspace');
  else withCommonFlags(command, { workspace: true });
  configure(command, io);
}

/** `kubectl create workspace`. */
export function createWorkspaceProgram(io: CliIo): Command {
  const program = withCommonFlags(
    newProgram(
      io,
      'kubectl create workspace',
      'Creates a workspace below the current one and waits until it is ready.',
    ),
    {
      workspace: true,
    },
  );
  return configure(program.argument('<name>', 'name of the workspace'), io);
}
