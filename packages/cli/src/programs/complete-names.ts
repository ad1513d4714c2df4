import { isStatusError } from '@canopy/apimachinery';
import type { GroupVersionResource } from '@canopy/client';
import { kubeconfigFiles, loadKubeconfig } from '@canopy/client/node';
import type { CliIo } from '../session/cli-io.ts';
import type { CommonFlags, Session } from '../session/session.ts';
import {
  bindingsResource,
  exportsResource,
  type WorkspaceObject,
  workspacesResource,
} from '../workspaces/resources.ts';
import { pathOf } from '../workspaces/use-workspace.ts';
import { withSession } from './with-session.ts';

/** A word that is offered, and what it means. */
export interface Candidate {
  value: string;
  meaning?: string;
}

/** Somebody waits with a finger on the tab key. */
const timeoutMs = 3000;

/** Contexts or users of the kubeconfig. */
export async function kubeconfigNames(io: CliIo, flags: CommonFlags, list: 'contexts' | 'users'): Promise<Candidate[]> {
  const place = {
    flag: flags.kubeconfig,
    variable: io.env.KUBECONFIG,
    homeFolder: io.homeFolder,
    workingFolder: io.cwd,
  };
  const config = await loadKubeconfig(kubeconfigFiles(place));
  return [...config[list].keys()].map((value) => ({ value }));
}

/** The workspaces that a path may go on with: those in what stands before its last colon or slash. */
export async function workspaceNames(io: CliIo, flags: CommonFlags, text: string): Promise<Candidate[]> {
  const { workspace: _, ...current } = flags;
  return listing(io, current, async (session) => {
    const head = /^.*[:/]/.exec(text)?.[0] ?? '';
    if (head === ':' || head === '/') {
      const top = session.current().path.split(':')[0] ?? 'root';
      return [...new Set(['root', top])].map((name) => ({ value: `${head}${name}` }));
    }
    const path = head === '' ? session.current().path : await pathOf(session, head.slice(0, -1));
    return namesIn(session, path, { resource: workspacesResource, before: head });
  });
}

/** What may follow in `path:export`: workspaces on the way, and the exports of the one named so far. */
export async function exportNames(io: CliIo, flags: CommonFlags, text: string): Promise<Candidate[]> {
  return listing(io, flags, async (session) => {
    const colon = text.lastIndexOf(':');
    if (colon <= 0) return [{ value: 'root' }];
    const before = text.slice(0, colon + 1);
    const path = await pathOf(session, `:${text.slice(0, colon).replace(/^:/, '')}`);
    const [exports, workspaces] = await Promise.all([
      namesIn(session, path, { resource: exportsResource, before, meaning: 'APIExport' }),
      namesIn(session, path, { resource: workspacesResource, before }),
    ]);
    return [...exports, ...workspaces];
  });
}

/** The APIBindings of the workspace that the command works in. */
export async function bindingNames(io: CliIo, flags: CommonFlags): Promise<Candidate[]> {
  return listing(io, flags, (session) =>
    namesIn(session, session.target().path, { resource: bindingsResource, before: '' }),
  );
}

async function listing(
  io: CliIo,
  flags: CommonFlags,
  list: (session: Session) => Promise<Candidate[]>,
): Promise<Candidate[]> {
  let found: Candidate[] = [];
  await withSession(io, flags, async (session) => {
    found = await list(session);
  });
  return found;
}

interface Wanted {
  resource: GroupVersionResource;
  /** Put before each name. */
  before: string;
  meaning?: string;
}

async function namesIn(session: Session, path: string, wanted: Wanted): Promise<Candidate[]> {
  try {
    const client = await session.client(path);
    const list = await client.resource<WorkspaceObject>(wanted.resource).list({ timeoutMs });
    return list.items.map(({ metadata }) => ({
      value: `${wanted.before}${metadata.name ?? ''}`,
      ...(wanted.meaning === undefined ? {} : { meaning: wanted.meaning }),
    }));
  } catch (error) {
    if (isStatusError(error)) return [];
    throw error;
  }
}
