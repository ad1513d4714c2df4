import { isStatusError, parseLabelSelector } from '@canopy/apimachinery';
import { CliError } from '../session/cli-io.ts';
import type { Session } from '../session/session.ts';
import { workspaceUrl } from '../session/workspace-path.ts';
import { switchTo } from './go-to.ts';
import { type WorkspaceObject, workspacesResource } from './resources.ts';
import { checkContextIsFree, writeNamedContext } from './use-workspace.ts';

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
/** The first wait for readiness; each one is twice as long, up to the second number. */
const pollMs = { first: 50, most: 500 };

/** `kubectl create workspace <name>`: creates it below the current one and waits until it is ready. */
export async function createWorkspace(session: Session, name: string, options: CreateOptions): Promise<void> {
  const { io } = session;
  const { base, path } = session.target();
  const type = parseType(options.type);
  if (options.ignoreExisting && type !== undefined && !(type.path ?? '').startsWith('root')) {
    throw new CliError('--ignore-existing must not be used with non-absolute type path');
  }
  if (options.createContext !== undefined) {
    checkContextIsFree(session, { name: options.createContext, overwrite: options.ignoreExisting });
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
        : { location: { selector: selectorOf(options.locationSelector) } }),
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
  const lower = text.toLowerCase().replace(/^:/, '');
  const colon = lower.lastIndexOf(':');
  return colon === -1 ? { name: lower } : { path: lower.slice(0, colon), name: lower.slice(colon + 1) };
}

function typeText(type: { name: string; path?: string } | undefined): string {
  if (type === undefined) return 'default';
  return type.path ? `${type.path}:${type.name}` : type.name;
}

const operators: Readonly<Record<string, string>> = { in: 'In', notin: 'NotIn', exists: 'Exists', '!': 'DoesNotExist' };

/** The text of a label selector (`region=eu,tier in (a,b),!old`) as the object that the API takes. */
function selectorOf(text: string): object {
  const matchLabels: Record<string, string> = {};
  const matchExpressions: object[] = [];
  for (const { key, operator, values } of parseLabelSelector(text).requirements) {
    if (operator === '=' || operator === '==') matchLabels[key] = values[0] ?? '';
    else {
      const name = operator === '!=' ? 'NotIn' : operators[operator];
      if (name === undefined) throw new CliError(`invalid value ${JSON.stringify(text)} for --location-selector`);
      matchExpressions.push({ key, operator: name, ...(values.length > 0 ? { values } : {}) });
    }
  }
  return {
    ...(Object.keys(matchLabels).length > 0 ? { matchLabels } : {}),
    ...(matchExpressions.length > 0 ? { matchExpressions } : {}),
  };
}

async function waitReady(
  session: Session,
  get: () => Promise<WorkspaceObject>,
  first: WorkspaceObject,
): Promise<WorkspaceObject> {
  const deadline = session.io.now() + timeoutMs;
  let workspace = first;
  let pause = pollMs.first;
  while (workspace.status?.phase !== 'Ready') {
    if (session.io.now() > deadline)
      throw new CliError(
        `workspace "${first.metadata.name}" is not ready after ${timeoutMs / 1000} s (phase ${workspace.status?.phase ?? 'unknown'})`,
      );
    await session.io.sleep(pause);
    pause = Math.min(pause * 2, pollMs.most);
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
  await writeNamedContext(session, workspaceUrl(at.base, at.path), {
    name: createContext,
    overwrite: options.ignoreExisting,
    switchTo: options.enter,
  });
}
