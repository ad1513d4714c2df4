import { isStatusError, type StatusError } from '@canopy/apimachinery';
import { CliError } from '../session/cli-io.ts';
import type { Session } from '../session/session.ts';
import { lastSegment, parentOf, workspaceUrl } from '../session/workspace-path.ts';
import { warnAboutClaims } from './claim-warnings.ts';
import { type WorkspaceObject, workspacesResource } from './resources.ts';

/** The context that `kubectl ws` moves about, and the one it keeps of where it was. */
export const currentContext = 'workspace.kcp.io/current';
export const previousContext = 'workspace.kcp.io/previous';

export interface UseOptions {
  short: boolean;
}

/**
 * Goes to a workspace by its path and says so.
 *
 * @throws CliError when there is no such workspace, or it cannot be entered
 */
export async function switchTo(session: Session, path: string, options: UseOptions): Promise<void> {
  const { base } = session.current();
  const found = lookUp(session, path);
  await checkAccess(session, path, found);
  const { context, cluster } = session.contextInUse();
  const before = session.contextInUse();
  await session.writeContexts(
    {
      [currentContext]: { context, cluster: { ...cluster, server: workspaceUrl(base, path) } },
      [previousContext]: before,
    },
    currentContext,
  );
  await announce(session, path, { ...options, found });
  if (!options.short) await warnAboutClaims(session, path);
}

type Found = WorkspaceObject | StatusError | undefined;

/** The Workspace as its parent has it, or why it cannot be had; undefined without a parent. */
async function lookUp(session: Session, path: string): Promise<Found> {
  const parent = parentOf(path);
  if (parent === undefined) return undefined;
  try {
    return await (await session.client(parent)).resource<WorkspaceObject>(workspacesResource).get(lastSegment(path));
  } catch (error) {
    if (isStatusError(error)) return error;
    throw error;
  }
}

async function checkAccess(session: Session, path: string, lookedUp: Promise<Found>): Promise<void> {
  const client = await session.client(path);
  const [access] = await Promise.allSettled([client.rest.json({ method: 'GET', path: '/apis' }), lookedUp]);
  if (access.status === 'fulfilled') return;
  const error: unknown = access.reason;
  if (!isStatusError(error) || (error.code !== 403 && error.code !== 404)) throw error;
  if (error.code === 404 || isStatusError(await lookedUp, 'NotFound')) {
    throw new CliError(`workspace "${path}" not found`);
  }
  throw new CliError(`access to workspace "${path}" denied`);
}

/** Prints which workspace is the current one, with its type where that is known. */
export async function announce(
  session: Session,
  path: string,
  options: UseOptions & { found?: Promise<Found> },
): Promise<void> {
  if (options.short) session.io.out(`${path}\n`);
  else {
    const type = typeText(path, await (options.found ?? lookUp(session, path)));
    session.io.out(`Current workspace is '${path}'${type}.\n`);
  }
}

/** ` (type root:organization)`, or nothing when it cannot be known. */
function typeText(path: string, found: Found): string {
  if (path === 'root') return ' (type root)';
  if (found === undefined || isStatusError(found)) return '';
  const type = found.spec?.type;
  return type === undefined ? '' : ` (type ${type.path ? `${type.path}:` : ''}${type.name})`;
}
