import { isStatusError } from '@canopy/apimachinery';
import { CliError } from '../session/cli-io.ts';
import type { Session } from '../session/session.ts';
import { workspaceUrl } from '../session/workspace-path.ts';
import { type WorkspaceObject, workspacesResource } from './resources.ts';
import { switchTo } from './use-workspace.ts';

export interface CreateOptions {
  type?: string;
  enter: boolean;
  ignoreExisting: boolean;
  locationSelector?: string;
  createContext?: string;
  /** Labels of the new Workspace. */
  labels?: Record<string, string>;
}

const timeoutMs = 60_000;
const pollMs = 500;

/** `kubectl create workspace <name>`: creates it below the current one and waits until it is ready. */
export async function createWorkspace(session: Session, name: string, options: CreateOptions): Promise<void> {
  const { io } = session;
  const { base, path } = session.target();
  const type = parseType(options.type);
  if (options.ignoreExisting && type !== undefined && !(type.path ?? '').startsWith('root')) {
    throw new CliError('--ignore-existing must not be used with non-absolute type path');
  }
  const resource = (await session.client(path)).resource<WorkspaceObject>(workspacesResource);
  const { workspace, existed } = await createOrGet(resource, name, type, options);
  const shownType = typeText(workspace.spec?.type);
  if (existed) {
    if (type !== undefined && typeText(type) !== shownType) {
      throw new CliError(
        `workspace "${name}" cannot be created with type ${typeText(type)}, it already exists with different type ${shownType}`,
      );
    }
    const waiting = workspace.status?.phase === 'Ready' ? '' : ' Waiting for it to be ready...';
    io.out(`Workspace "${name}" (type ${shownType}) already exists.${waiting}\n`);
  } else {
    io.out(`Workspace "${name}" (type ${shownType}) created. Waiting for it to be ready...\n`);
  }
  const ready = await waitReady(session, () => resource.get(name), workspace);
  if (!existed || workspace.status?.phase !== 'Ready')
    io.out(`Workspace "${name}" (type ${shownType}) is ready to use.\n`);
  await enterOrRemember(session, { base, path: `${path}:${ready.metadata.name}` }, options);
}

type Resource = {
  create(object: WorkspaceObject): Promise<WorkspaceObject>;
  get(name: string): Promise<WorkspaceObject>;
};

async function createOrGet(
  resource: Resource,
  name: string,
  type: { name: string; path?: string } | undefined,
  options: CreateOptions,
): Promise<{ workspace: WorkspaceObject; existed: boolean }> {
  const object: WorkspaceObject = {
    apiVersion: 'tenancy.kcp.io/v1alpha1',
    kind: 'Workspace',
    metadata: { name, ...(options.labels === undefined ? {} : { labels: options.labels }) },
    spec: {
      ...(type === undefined ? {} : { type }),
      ...(options.locationSelector === undefined
        ? {}
        : { location: { selector: { matchLabels: parseLabels(options.locationSelector) } } }),
    },
  };
  try {
    return { workspace: await resource.create(object), existed: false };
  } catch (error) {
    if (!options.ignoreExisting || !isStatusError(error, 'AlreadyExists')) throw error;
    return { workspace: await resource.get(name), existed: true };
  }
}

/** `name`, or `path:name`; the case does not matter. */
function parseType(text: string | undefined): { name: string; path?: string } | undefined {
  if (text === undefined || text === '') return undefined;
  const lower = text.toLowerCase();
  const colon = lower.lastIndexOf(':');
  return colon === -1 ? { name: lower } : { path: lower.slice(0, colon), name: lower.slice(colon + 1) };
}

function typeText(type: { name: string; path?: string } | undefined): string {
  if (type === undefined) return 'default';
  return type.path ? `${type.path}:${type.name}` : type.name;
}

function parseLabels(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const [key = '', value] = pair.split('=');
      if (key === '' || value === undefined)
        throw new CliError(`invalid value ${JSON.stringify(text)} for --location-selector`);
      return [key.trim(), value.trim()];
    }),
  );
}

async function waitReady(
  session: Session,
  get: () => Promise<WorkspaceObject>,
  first: WorkspaceObject,
): Promise<WorkspaceObject> {
  const deadline = session.io.now() + timeoutMs;
  let workspace = first;
  while (workspace.status?.phase !== 'Ready') {
    if (session.io.now() > deadline)
      throw new CliError(
        `workspace "${first.metadata.name}" is not ready after ${timeoutMs / 1000} s (phase ${workspace.status?.phase ?? 'unknown'})`,
      );
    await session.io.sleep(pollMs);
    workspace = await get();
  }
  return workspace;
}

async function enterOrRemember(
  session: Session,
  at: { base: string; path: string },
  options: CreateOptions,
): Promise<void> {
  const { createContext } = options;
  if (createContext === undefined) {
    if (options.enter) await switchTo(session, at.path, { short: false });
    return;
  }
  const exists = session.config.contexts.has(createContext);
  if (exists && !options.ignoreExisting)
    throw new CliError(`context "${createContext}" already exists in kubeconfig, use --overwrite to update it`);
  await session.writeContext(createContext, workspaceUrl(at.base, at.path), { switchTo: options.enter });
  const verb = exists ? 'Updated' : 'Created';
  session.io.out(
    options.enter
      ? `${verb} context "${createContext}" and switched to it.\n`
      : `${verb} context "${createContext}".\n`,
  );
}
