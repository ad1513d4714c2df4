import { systemMasters } from '../authentication/authenticator.ts';
import type { Authorization, AuthorizationAttributes, Authorizer } from './authorizer.ts';
import { effectiveUsers } from './effective-users.ts';
import type { Rbac } from './rbac/rbac.ts';
import {
  type ClusterLookup,
  grants,
  requiredGroups,
  type Step,
  systemStatus,
  workspaceContent,
} from './workspace-authorizers.ts';

export interface WorkspaceAuthorizerOptions {
  rbac: Rbac;
  logicalCluster: ClusterLookup;
  /** Paths that everybody may read, without a logical cluster. */
  alwaysAllowPaths: readonly string[];
  /** Ceilings over bound APIs, between the system's rules and the grants. */
  ceilings: readonly ((attributes: AuthorizationAttributes) => Promise<Step>)[];
}

const rootCluster = 'root';

interface NamedStep {
  name: string;
  run(attributes: AuthorizationAttributes): Step | Promise<Step>;
}

/** Why was this denied? The steps in execution order; the first that does not continue decides. */
export function authorizerSteps(options: WorkspaceAuthorizerOptions): readonly NamedStep[] {
  const { rbac, logicalCluster } = options;
  return [
    { name: 'always-allow-groups', run: alwaysAllowGroups },
    { name: 'always-allow-paths', run: (attributes) => alwaysAllowPaths(attributes, options.alwaysAllowPaths) },
    { name: 'shard-paths', run: (attributes) => shardPaths(attributes, rbac) },
    { name: '01-requiredgroups', run: (attributes) => requiredGroups(attributes, logicalCluster) },
    { name: '02-content', run: (attributes) => workspaceContent(attributes, logicalCluster, rbac) },
    { name: '03-systemcrd', run: systemStatus },
    ...options.ceilings.map((run, i) => ({ name: `04-ceiling-${i}`, run })),
    { name: '05-rbac', run: (attributes) => grants(attributes, rbac) },
  ];
}

/** The chain for `/clusters/…` and cluster-less paths. */
export function workspaceAuthorizer(options: WorkspaceAuthorizerOptions): Authorizer {
  const steps = authorizerSteps(options);
  return {
    name: 'workspaces',
    async authorize(attributes): Promise<Authorization> {
      for (const step of steps) {
        const result = await step.run(attributes);
        if (result !== 'continue') return result;
      }
      return { decision: 'no-opinion', reason: 'no step allowed it', authorizer: 'workspaces' };
    },
  };
}

function alwaysAllowGroups({ user }: AuthorizationAttributes): Step {
  if (!user.groups.includes(systemMasters)) return 'continue';
  return { decision: 'allow', reason: systemMasters, authorizer: 'always-allow-groups' };
}

function alwaysAllowPaths(attributes: AuthorizationAttributes, paths: readonly string[]): Step {
  // Below a logical cluster they would tell whether it exists.
  if (attributes.resourceRequest || attributes.wildcard || attributes.cluster !== undefined) return 'continue';
  if (!paths.some((path) => attributes.path === path || attributes.path.startsWith(`${path}/`))) return 'continue';
  return { decision: 'allow', reason: 'path is open to everybody', authorizer: 'always-allow-paths' };
}

/** Paths of the server itself (`/metrics`) are granted by RBAC of the root workspace. */
async function shardPaths(attributes: AuthorizationAttributes, rbac: Rbac): Promise<Step> {
  if (attributes.resourceRequest || attributes.wildcard || attributes.cluster !== undefined) return 'continue';
  for (const user of effectiveUsers(attributes.user, rootCluster)) {
    const verdict = await rbac.check(user, rootCluster, attributes);
    if (verdict.allowed)
      return { decision: 'allow', reason: `RBAC of root: binding "${verdict.binding}"`, authorizer: 'shard-paths' };
  }
  return { decision: 'no-opinion', reason: 'no RBAC rule of root matches', authorizer: 'shard-paths' };
}

/** RBAC of a cluster alone: whether somebody could, were they inside. For `bind`, `use` and the like. */
export async function deepAuthorize(rbac: Rbac, attributes: AuthorizationAttributes): Promise<Authorization> {
  if (attributes.user.groups.includes(systemMasters))
    return { decision: 'allow', reason: systemMasters, authorizer: 'always-allow-groups' };
  return grants(attributes, rbac);
}
