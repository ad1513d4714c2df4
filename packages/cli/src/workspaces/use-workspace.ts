import { isStatusError } from '@canopy/apimachinery';
import { CliError } from '../session/cli-io.ts';
import type { Session } from '../session/session.ts';
import { lastSegment, parentOf, parseWorkspaceUrl, resolvePath, workspaceUrl } from '../session/workspace-path.ts';
import { warnAboutClaims } from './claim-warnings.ts';
import { type WorkspaceObject, workspacesResource } from './resources.ts';

export const currentContext = 'workspace.kcp.io/current';
export const previousContext = 'workspace.kcp.io/previous';

const homeNote =
  "Note: 'kubectl ws' now matches 'cd' semantics: go to home workspace. 'kubectl ws -' to go back. 'kubectl ws .' to print current workspace.";
const rootNote =
  "Note: Using 'root:' to define an absolute path is no longer supported. Instead, use ':root' to specify an absolute path.";

export interface UseOptions {
  short: boolean;
}

/** `kubectl ws <argument>`: go there, or print where we are. */
export async function useWorkspace(session: Session, argument: string | undefined, options: UseOptions): Promise<void> {
  const { io } = session;
  if (argument === '.') return printCurrent(session, options);
  if (argument === '-') return swapPrevious(session, options);
  if (argument === undefined && !options.short) io.err(`${homeNote}\n`);
  const wanted = (argument ?? '~').replaceAll('/', ':');
  if (wanted === '~' || wanted.startsWith('~:')) {
    const home = await homePath(session);
    return switchTo(session, wanted === '~' ? home : resolvePath(wanted.slice(2), home), options);
  }
  if (wanted.startsWith('root:')) io.err(`${rootNote}\n`);
  return switchTo(session, resolvePath(wanted, session.current().path), options);
}

/** Path of the caller's home workspace; asking for it makes it. */
async function homePath(session: Session): Promise<string> {
  const client = await session.client('root');
  const home = await client.resource<WorkspaceObject>(workspacesResource).get('~');
  const url = parseWorkspaceUrl(home.spec?.URL ?? '');
  if (url === undefined) throw new CliError('the server did not say where the home workspace is');
  return url.path;
}

/** Goes to a workspace by its path, if it can be entered. */
export async function switchTo(session: Session, path: string, options: UseOptions): Promise<void> {
  const { base } = session.current();
  await checkAccess(session, path);
  const keepPrevious = session.resolved.context === previousContext ? undefined : previousContext;
  await session.writeContext(currentContext, workspaceUrl(base, path), {
    switchTo: true,
    ...(keepPrevious === undefined ? {} : { keepPrevious }),
  });
  await announce(session, path, options);
  if (!options.short) await warnAboutClaims(session, path);
}

async function checkAccess(session: Session, path: string): Promise<void> {
  try {
    await (await session.client(path)).rest.json({ method: 'GET', path: '/apis' });
  } catch (error) {
    if (!isStatusError(error) || (error.code !== 403 && error.code !== 404)) throw error;
    throw (await isMissing(session, path))
      ? new CliError(`workspace "${path}" not found`)
      : new CliError(`access to workspace "${path}" denied`);
  }
}

async function isMissing(session: Session, path: string): Promise<boolean> {
  const parent = parentOf(path);
  if (parent === undefined) return false;
  try {
    await (await session.client(parent)).resource(workspacesResource).get(lastSegment(path));
    return false;
  } catch (error) {
    return isStatusError(error, 'NotFound');
  }
}

async function announce(session: Session, path: string, options: UseOptions): Promise<void> {
  if (options.short) session.io.out(`${path}\n`);
  else session.io.out(`Current workspace is '${path}'${await typeText(session, path)}.\n`);
}

/** ` (type root:organization)`, or nothing when it cannot be known. */
async function typeText(session: Session, path: string): Promise<string> {
  if (path === 'root') return ' (type root)';
  const parent = parentOf(path);
  if (parent === undefined) return '';
  try {
    const workspace = await (await session.client(parent))
      .resource<WorkspaceObject>(workspacesResource)
      .get(lastSegment(path));
    const type = workspace.spec?.type;
    return type === undefined ? '' : ` (type ${type.path ? `${type.path}:` : ''}${type.name})`;
  } catch {
    return '';
  }
}

async function printCurrent(session: Session, options: UseOptions): Promise<void> {
  const url = parseWorkspaceUrl(session.serverUrl);
  if (url !== undefined) return announce(session, url.path, options);
  if (!options.short) session.io.out(`Current workspace is the URL "${session.serverUrl}".\n`);
}

async function swapPrevious(session: Session, options: UseOptions): Promise<void> {
  const previous = session.config.contexts.get(previousContext);
  const url = session.config.clusters.get(previous?.cluster ?? '')?.server;
  if (previous === undefined || url === undefined) throw new CliError('no previous workspace found in kubeconfig');
  await session.writeContext(currentContext, url, { switchTo: true, keepPrevious: previousContext });
  const target = parseWorkspaceUrl(url);
  if (target !== undefined) await announce(session, target.path, options);
  else if (!options.short) session.io.out(`Current workspace is the URL "${url}".\n`);
}

/** `kubectl ws create-context [name]`: a context of its own for the current workspace. */
export async function createContext(
  session: Session,
  name: string | undefined,
  options: { overwrite: boolean; keepCurrent?: boolean },
): Promise<void> {
  const { base, path } = session.target();
  const chosen = name ?? path;
  const exists = session.config.contexts.has(chosen);
  if (exists && !options.overwrite)
    throw new CliError(`context "${chosen}" already exists in kubeconfig, use --overwrite to update it`);
  const isCurrent = session.config.currentContext === chosen;
  const switches = options.keepCurrent !== true && !isCurrent;
  await session.writeContext(chosen, workspaceUrl(base, path), { switchTo: switches });
  const verb = exists ? 'Updated' : 'Created';
  session.io.out(switches ? `${verb} context "${chosen}" and switched to it.\n` : `${verb} context "${chosen}".\n`);
}
