import { isStatusError } from '@canopy/apimachinery';
import { isConnectionError } from '@canopy/client';
import { CliError } from '../session/cli-io.ts';
import type { Session } from '../session/session.ts';
import { switchTo } from '../workspaces/go-to.ts';
import {
  type BindingObject,
  bindingsResource,
  type WorkspaceObject,
  workspacesResource,
} from '../workspaces/resources.ts';
import { cowboysExport, cowboysSchema, sampleCowboy } from './quickstart-samples.ts';

export interface QuickstartOptions {
  scenario: string;
  prefix: string;
  cleanup: boolean;
  enter: boolean;
  withSamples: boolean;
  timeoutSeconds: number;
  tree: { depth: number; count: number; seed: number };
}

const quickstartLabel = 'kcp.io/quickstart';
const prefixLabel = 'kcp.io/quickstart-prefix';
const pollMs = 200;

interface Step {
  description: string;
  run(): Promise<void>;
}

/** `kubectl kcp quickstart`: example workspaces to look around in, and their removal. */
export async function quickstart(session: Session, options: QuickstartOptions): Promise<void> {
  const { io } = session;
  try {
    if (options.cleanup) {
      await cleanUp(session, options);
      return;
    }
    const steps = stepsOf(session, options);
    io.out(`Setting up "${options.scenario}" scenario with prefix "${options.prefix}"...\n`);
    for (const [i, step] of steps.entries()) {
      io.out(`Step ${i + 1}/${steps.length}: ${step.description}...\n`);
      await step.run();
    }
    await finish(session, options);
  } catch (error) {
    if (!isConnectionError(error)) throw error;
    throw new CliError(`Cannot reach kcp at ${session.serverUrl}.\nStart it with: npm start`);
  }
}

function stepsOf(session: Session, options: QuickstartOptions): Step[] {
  if (options.scenario === 'api-provider') return providerSteps(session, options);
  if (options.scenario === 'workspaces') return treeSteps(session, options);
  throw new CliError(`unknown scenario ${JSON.stringify(options.scenario)}; there are api-provider and workspaces`);
}

function providerSteps(session: Session, options: QuickstartOptions): Step[] {
  const { prefix } = options;
  const org = `root:${prefix}-org`;
  const provider = `${org}:${prefix}-provider`;
  const consumer = `${org}:${prefix}-consumer`;
  return [
    {
      description: 'Creating the organization workspace',
      run: () => ensureWorkspace(session, options, { path: org, type: 'organization' }),
    },
    {
      description: 'Creating the provider workspace',
      run: () => ensureWorkspace(session, options, { path: provider, type: 'universal' }),
    },
    {
      description: 'Creating the consumer workspace',
      run: () => ensureWorkspace(session, options, { path: consumer, type: 'universal' }),
    },
    {
      description: 'Exporting the cowboys API',
      async run() {
        const client = await session.client(provider);
        await ensure(() =>
          client
            .resource<object>({ group: 'apis.kcp.io', version: 'v1alpha1', resource: 'apiresourceschemas' })
            .create(cowboysSchema),
        );
        await ensure(() =>
          client
            .resource<object>({ group: 'apis.kcp.io', version: 'v1alpha2', resource: 'apiexports' })
            .create(cowboysExport),
        );
      },
    },
    {
      description: 'Binding the API in the consumer workspace',
      run: () => bindCowboys(session, options, { provider, consumer }),
    },
    ...(options.withSamples
      ? [
          {
            description: 'Creating a sample cowboy',
            async run() {
              const client = await session.client(consumer);
              const cowboys = client
                .resource<object>({ group: 'wildwest.dev', version: 'v1alpha1', resource: 'cowboys' })
                .namespace('default');
              await ensure(() => cowboys.create(sampleCowboy));
            },
          },
        ]
      : []),
  ];
}

/** What exists already is left as it is. */
async function ensure(create: () => Promise<unknown>): Promise<boolean> {
  try {
    await create();
    return true;
  } catch (error) {
    if (isStatusError(error, 'AlreadyExists')) return false;
    throw error;
  }
}

async function ensureWorkspace(
  session: Session,
  options: QuickstartOptions,
  at: { path: string; type: string },
): Promise<void> {
  const colon = at.path.lastIndexOf(':');
  const name = at.path.slice(colon + 1);
  const resource = (await session.client(at.path.slice(0, colon))).resource<WorkspaceObject>(workspacesResource);
  const created = await ensure(() =>
    resource.create({
      apiVersion: 'tenancy.kcp.io/v1alpha1',
      kind: 'Workspace',
      metadata: { name, labels: { [quickstartLabel]: 'true', [prefixLabel]: options.prefix } },
      spec: { type: { name: at.type, path: 'root' } },
    }),
  );
  await poll(
    session,
    options,
    `workspace ${at.path}`,
    async () => (await resource.get(name)).status?.phase === 'Ready',
  );
  session.io.out(
    created
      ? `  Workspace "${name}" created and ready at ${at.path}\n`
      : `  Workspace "${name}" already exists at ${at.path}\n`,
  );
}

async function poll(
  session: Session,
  options: QuickstartOptions,
  what: string,
  done: () => Promise<boolean>,
): Promise<void> {
  const deadline = session.io.now() + options.timeoutSeconds * 1000;
  while (!(await done())) {
    if (session.io.now() > deadline) throw new CliError(`timed out waiting for ${what}`);
    await session.io.sleep(pollMs);
  }
}

async function bindCowboys(
  session: Session,
  options: QuickstartOptions,
  at: { provider: string; consumer: string },
): Promise<void> {
  const resource = (await session.client(at.consumer)).resource<BindingObject>(bindingsResource);
  const created = await ensure(() =>
    resource.create({
      apiVersion: 'apis.kcp.io/v1alpha2',
      kind: 'APIBinding',
      metadata: { name: 'cowboys' },
      spec: { reference: { export: { path: at.provider, name: 'cowboys' } } },
    }),
  );
  await poll(
    session,
    options,
    'APIBinding cowboys',
    async () => (await resource.get('cowboys')).status?.phase === 'Bound',
  );
  session.io.out(`  APIBinding "cowboys" ${created ? 'created and bound' : 'already exists'}\n`);
}

function treeSteps(session: Session, options: QuickstartOptions): Step[] {
  return treePaths(options.prefix, options.tree).map((path, i) => ({
    description: `Creating workspace ${path}`,
    run: () => ensureWorkspace(session, options, { path, type: i === 0 ? 'organization' : 'universal' }),
  }));
}

/**
 * Paths of a pseudo-random tree of workspaces, parents first; the same for the same seed. `depth` counts the levels.
 *
 * @throws CliError when so many workspaces do not make such a tree
 */
export function treePaths(prefix: string, { depth, count, seed }: QuickstartOptions['tree']): string[] {
  if (!Number.isInteger(depth) || !Number.isInteger(count) || !Number.isInteger(seed) || depth < 1 || count < 1) {
    throw new CliError('--tree-depth and --tree-count must be positive integers, --tree-seed an integer');
  }
  if (depth === 1 && count > 1) throw new CliError('a tree of one level has one workspace');
  const top = `root:${prefix}-org`;
  const paths = [top];
  const levels = new Map([[top, 1]]);
  let state = (Math.abs(seed) % 2_147_483_646) + 1;
  while (paths.length < count) {
    state = (state * 48_271) % 2_147_483_647;
    const candidates = paths.filter((path) => (levels.get(path) ?? 0) < depth);
    const parent = candidates[state % candidates.length] ?? top;
    const path = `${parent}:${prefix}-${paths.length}`;
    levels.set(path, (levels.get(parent) ?? 0) + 1);
    paths.push(path);
  }
  return paths;
}

async function finish(session: Session, options: QuickstartOptions): Promise<void> {
  const { prefix, scenario } = options;
  const { io } = session;
  const org = `root:${prefix}-org`;
  io.out("\nQuickstart complete! Here's what was created:\n\n");
  if (scenario === 'api-provider') {
    io.out(
      `  ${org}\n  ├── ${prefix}-provider   exports the API cowboys.wildwest.dev\n  └── ${prefix}-consumer   has it bound\n\nTry:\n`,
    );
    io.out(`  kubectl ws :${org}:${prefix}-consumer\n  kubectl get cowboys\n`);
    if (options.enter) await switchTo(session, `${org}:${prefix}-consumer`, { short: false });
  } else {
    io.out(`  ${options.tree.count} workspaces below ${org}\n\nTry:\n  kubectl ws :${org}\n  kubectl ws tree\n`);
    if (options.enter) await switchTo(session, org, { short: false });
  }
  io.out(`\nRemove it with:\n  kubectl kcp quickstart --cleanup --name-prefix ${prefix}\n`);
}

async function cleanUp(session: Session, options: QuickstartOptions): Promise<void> {
  const { io } = session;
  io.out(`Cleaning up quickstart resources with prefix "${options.prefix}"...\n`);
  const resource = (await session.client('root')).resource<WorkspaceObject>(workspacesResource);
  const list = await resource.list({ labelSelector: `${quickstartLabel}=true,${prefixLabel}=${options.prefix}` });
  for (const workspace of list.items) {
    await resource.delete(workspace.metadata.name ?? '').catch((error: unknown) => {
      if (!isStatusError(error, 'NotFound')) throw error;
    });
  }
  for (const workspace of list.items) {
    await poll(session, options, `the end of workspace ${workspace.metadata.name}`, async () => {
      try {
        await resource.get(workspace.metadata.name ?? '');
        return false;
      } catch (error) {
        if (isStatusError(error, 'NotFound')) return true;
        throw error;
      }
    });
  }
  io.out('Cleanup complete.\n');
  await switchTo(session, 'root', { short: false });
}
