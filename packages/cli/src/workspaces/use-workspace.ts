import { CliError } from '../session/cli-io.ts';
import type { Session } from '../session/session.ts';
import {
  isOldAbsolute,
  normalArgument,
  parseWorkspaceUrl,
  resolvePath,
  workspaceUrl,
} from '../session/workspace-path.ts';
import { warnAboutClaims } from './claim-warnings.ts';
import { announce, currentContext, previousContext, switchTo, type UseOptions } from './go-to.ts';
import { type WorkspaceObject, workspacesResource } from './resources.ts';

const homeNote =
  "Note: 'kubectl ws' now matches 'cd' semantics: go to home workspace. 'kubectl ws -' to go back. 'kubectl ws .' to print current workspace.";
const rootNote =
  "Note: Using 'root:' to define an absolute path is no longer supported. Instead, use ':root' to specify an absolute path.";

/** `kubectl ws <argument>`: go there, or print where we are. */
export async function useWorkspace(session: Session, argument: string | undefined, options: UseOptions): Promise<void> {
  const { io } = session;
  if (argument === '.') return printCurrent(session, options);
  if (argument === '-') return goBack(session, options);
  if (argument === undefined && !options.short) io.err(`${homeNote}\n`);
  if (argument !== undefined && isOldAbsolute(argument.replaceAll('/', ':'))) io.err(`${rootNote}\n`);
  return switchTo(session, await pathOf(session, argument ?? '~'), options);
}

/** The path that an argument stands for, seen from the current workspace. Asks the server only for `~`. */
export async function pathOf(session: Session, argument: string): Promise<string> {
  const wanted = normalArgument(argument, session.io.homeFolder);
  if (wanted === '~') return homePath(session);
  if (wanted.startsWith('~:')) return resolvePath(wanted.slice(2), await homePath(session));
  return resolvePath(wanted === '' ? argument : wanted, session.current().path);
}

/** Path of the caller's home workspace; asking for it makes it. */
async function homePath(session: Session): Promise<string> {
  const client = await session.client('root');
  const home = await client.resource<WorkspaceObject>(workspacesResource).get('~');
  const url = parseWorkspaceUrl(home.spec?.URL ?? '');
  if (url === undefined) throw new CliError('the server did not say where the home workspace is');
  return url.path;
}

async function printCurrent(session: Session, options: UseOptions): Promise<void> {
  const url = parseWorkspaceUrl(session.serverUrl);
  if (url !== undefined) return announce(session, url.path, options);
  if (!options.short) session.io.out(`Current workspace is the URL "${session.serverUrl}".\n`);
}

/** Swaps the current and the previous context, users and namespaces included. */
async function goBack(session: Session, options: UseOptions): Promise<void> {
  const previous = session.contextNamed(previousContext);
  const url = previous?.cluster.server;
  if (previous === undefined || url === undefined) throw new CliError('no previous workspace found in kubeconfig');
  await session.writeContexts(
    { [currentContext]: previous, [previousContext]: session.contextInUse() },
    currentContext,
  );
  const target = parseWorkspaceUrl(url);
  if (target === undefined) {
    if (!options.short) session.io.out(`Current workspace is the URL "${url}".\n`);
    return;
  }
  const there = session.inContext(currentContext, previous);
  try {
    await announce(there, target.path, options);
    if (!options.short) await warnAboutClaims(there, target.path);
  } finally {
    await there.close();
  }
}

/** `kubectl ws create-context [name]`: a context of its own for the current workspace. */
export async function createContext(
  session: Session,
  name: string | undefined,
  options: { overwrite: boolean; keepCurrent?: boolean },
): Promise<void> {
  const { base, path } = session.target();
  const isCurrent = session.config.currentContext === (name ?? path);
  await writeNamedContext(session, workspaceUrl(base, path), {
    name: name ?? path,
    overwrite: options.overwrite,
    switchTo: options.keepCurrent !== true && !isCurrent,
  });
}

export interface NamedContext {
  name: string;
  overwrite: boolean;
  switchTo: boolean;
}

/** Writes a context for a URL, with the user and namespace in use, and says so. */
export async function writeNamedContext(session: Session, url: string, options: NamedContext): Promise<void> {
  const { name } = options;
  checkContextIsFree(session, options);
  const exists = session.config.contexts.has(name);
  const { context, cluster } = session.contextInUse();
  await session.writeContexts(
    { [name]: { context, cluster: { ...cluster, server: url } } },
    options.switchTo ? name : undefined,
  );
  session.io.out(
    `${exists ? 'Updated' : 'Created'} context "${name}"${options.switchTo ? ' and switched to it' : ''}.\n`,
  );
}

/** @throws CliError when a context of that name exists and is not to be overwritten */
export function checkContextIsFree(
  session: Session,
  { name, overwrite }: Pick<NamedContext, 'name' | 'overwrite'>,
): void {
  if (!overwrite && session.config.contexts.has(name)) {
    throw new CliError(`context "${name}" already exists in kubeconfig, use --overwrite to update it`);
  }
}
