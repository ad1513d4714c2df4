import type { Command } from 'commander';
import { CliError, type CliIo } from '../session/cli-io.ts';
import type { CommonFlags } from '../session/session.ts';
import { addCreateWorkspace } from './create-program.ts';
import { newProgram, withCommonFlags } from './run-program.ts';
import { withSession } from './with-session.ts';

/** `kubectl ws`. */
export function wsProgram(io: CliIo, name = 'kubectl ws'): Command {
  const program = withCommonFlags(
    newProgram(io, name, 'Manages workspaces: without a subcommand, goes to one, as cd does.'),
    { workspace: false },
  );
  program
    .argument(
      '[workspace]',
      'where to go: a child, a:relative:path, :absolute:path, ".", "..", "-" (back), "~" (home, the default)',
    )
    .option('--short', 'print only the path')
    .option('-i, --interactive', 'choose from a tree on the screen')
    .action(async (workspace: string | undefined, flags: CommonFlags & { short?: boolean; interactive?: boolean }) => {
      if (flags.interactive === true && workspace !== undefined) {
        throw new CliError('interactive mode does not accept arguments');
      }
      const { useWorkspace } = await import('../workspaces/use-workspace.ts');
      await withSession(io, flags, async (session) => {
        if (flags.interactive !== true) return useWorkspace(session, workspace, { short: flags.short ?? false });
        const { browseTree } = await import('../workspaces/browse-tree.ts');
        return browseTree(session);
      });
    });
  addUse(program, io);
  addTree(program, io);
  addCreateWorkspace(program, io, 'create', 'Creates a workspace (the same as kubectl create workspace).');
  return program;
}

function addUse(program: Command, io: CliIo): void {
  const merged = (command: Command): CommonFlags => command.optsWithGlobals();
  const use = program
    .command('use <workspace>')
    .alias('cd')
    .description('Goes to a workspace.')
    .option('--short', 'print only the path');
  use.action(async (workspace: string) => {
    const { useWorkspace } = await import('../workspaces/use-workspace.ts');
    await withSession(io, merged(use), (session) =>
      useWorkspace(session, workspace, { short: use.optsWithGlobals().short ?? false }),
    );
  });
  const current = program
    .command('current')
    .description('Prints the current workspace.')
    .option('--short', 'print only the path');
  current.action(async () => {
    const { useWorkspace } = await import('../workspaces/use-workspace.ts');
    await withSession(io, merged(current), (session) =>
      useWorkspace(session, '.', { short: current.optsWithGlobals().short ?? false }),
    );
  });
  const context = program
    .command('create-context [name]')
    .description('Adds a context for the current workspace to the kubeconfig; its name is the path unless given.')
    .option('--overwrite', 'replace a context of that name')
    .option('--keep-current', 'do not switch to it');
  context.action(async (name: string | undefined, flags: { overwrite?: boolean; keepCurrent?: boolean }) => {
    const { createContext } = await import('../workspaces/use-workspace.ts');
    await withSession(io, merged(context), (session) =>
      createContext(session, name, { overwrite: flags.overwrite ?? false, keepCurrent: flags.keepCurrent ?? false }),
    );
  });
}

function addTree(program: Command, io: CliIo): void {
  const tree = program
    .command('tree')
    .description('Prints the workspaces at and below the current one.')
    .option('-f, --full', 'full paths instead of names')
    .option('--wide', 'phases of workspaces and logical clusters')
    .option('-i, --interactive', 'choose from a tree on the screen')
    .option('-w, --workspace <path>', 'start at another workspace');
  tree.action(async () => {
    const flags = tree.optsWithGlobals<CommonFlags & { full?: boolean; wide?: boolean; interactive?: boolean }>();
    await withSession(io, flags, async (session) => {
      if (flags.interactive === true) {
        const { browseTree } = await import('../workspaces/browse-tree.ts');
        return browseTree(session);
      }
      const { printTree } = await import('../workspaces/tree.ts');
      return printTree(session, { full: flags.full ?? false, wide: flags.wide ?? false });
    });
  });
}
