import type { KubeObject } from '@canopy/apimachinery';
import { systemMasters } from '../authentication/authenticator.ts';
import type { Authorization, AuthorizationAttributes, Authorizer } from './authorizer.ts';
import { effectiveUsers } from './effective-users.ts';
import type { Rbac } from './rbac/rbac.ts';
import {
  type ClusterFacts,
  grants,
  requiredGroups,
  type Step,
  systemStatus,
  workspaceContent,
} from './workspace-authorizers.ts';

export interface WorkspaceAuthorizerOptions {
  rbac: Rbac;
  /** The LogicalCluster of that name; a promise only when it has to be read from the store. */
  logicalCluster(cluster: string): KubeObject | undefined | Promise<KubeObject | undefined>;
  /** Paths that everybody may read, without a logical cluster. */
  alwaysAllowPaths: readonly string[];
  /** Ceilings over bound APIs, between the system's rules and the grants. */
  ceilings: readonly ((attributes: AuthorizationAttributes) => Promise<Step>)[];
}

const rootCluster = 'root';

interface NamedStep {
  name: string;
  run(attributes: AuthorizationAttributes, facts: ClusterFacts): Step | Promise<Step>;
}

/** Why was this denied? The steps in execution order; the first that does not continue decides. */
export function authorizerSteps(options: WorkspaceAuthorizerOptions): readonly NamedStep[] {
  return [
    { name: 'always-allow-groups', run: alwaysAllowGroups },
    { name: 'always-allow-paths', run: (attributes) => alwaysAllowPaths(attributes, options.alwaysAllowPaths) },
    { name: 'shard-paths', run: shardPaths },
    { name: '01-requiredgroups', run: requiredGroups },
    { name: '02-content', run: workspaceContent },
    { name: '03-systemcrd', run: systemStatus },
    ...options.ceilings.map((run, i) => ({ name: `04-ceiling-${i}`, run })),
    { name: '05-rbac', run: (attributes, { rules }) => grants(attributes, rules) },
  ];
}

/** The chain for `/clusters/…` and cluster-less paths. */
export function workspaceAuthorizer(options: WorkspaceAuthorizerOptions): Authorizer {
  const steps = authorizerSteps(options);
  return {
    name: 'workspaces',
    authorize(attributes) {
      const facts = factsOf(options, attributes);
      return facts instanceof Promise
        ? facts.then((loaded) => decide(steps, 0, attributes, loaded))
        : decide(steps, 0, attributes, facts);
    },
  };
}

/** Steps from `first` on; waits only where a step does. */
function decide(
  steps: readonly NamedStep[],
  first: number,
  attributes: AuthorizationAttributes,
  facts: ClusterFacts,
): Authorization | Promise<Authorization> {
  for (let i = first; i < steps.length; i++) {
    const result = (steps[i] as NamedStep).run(attributes, facts);
    if (result instanceof Promise)
      return result.then((step) => (step === 'continue' ? decide(steps, i + 1, attributes, facts) : step));
    if (result !== 'continue') return result;
  }
  return { decision: 'no-opinion', reason: 'no step allowed it', authorizer: 'workspaces' };
}

function factsOf(
  { rbac, logicalCluster }: WorkspaceAuthorizerOptions,
  attributes: AuthorizationAttributes,
): ClusterFacts | Promise<ClusterFacts> {
  const cluster = attributes.cluster ?? (isOfTheServer(attributes) ? rootCluster : undefined);
  const object = attributes.cluster === undefined ? undefined : logicalCluster(attributes.cluster);
  const rules = rbac.rules(cluster);
  if (!(object instanceof Promise) && !(rules instanceof Promise)) return { object, rules };
  return Promise.all([object, rules]).then(([loadedObject, loadedRules]) => ({
    object: loadedObject,
    rules: loadedRules,
  }));
}

/** Paths such as `/metrics`, outside all logical clusters. */
function isOfTheServer(attributes: AuthorizationAttributes): boolean {
  return !attributes.resourceRequest && !attributes.wildcard && attributes.cluster === undefined;
}

function alwaysAllowGroups({ user }: AuthorizationAttributes): Step {
  if (!user.groups.includes(systemMasters)) return 'continue';
  return { decision: 'allow', reason: systemMasters, authorizer: 'always-allow-groups' };
}

function alwaysAllowPaths(attributes: AuthorizationAttributes, paths: readonly string[]): Step {
  // Below a logical cluster they would tell whether it exists.
  if (!isOfTheServer(attributes)) return 'continue';
  if (!paths.some((path) => attributes.path === path || attributes.path.startsWith(`${path}/`))) return 'continue';
  return { decision: 'allow', reason: 'path is open to everybody', authorizer: 'always-allow-paths' };
}

/** Paths of the server itself (`/metrics`) are granted by RBAC of the root workspace. */
function shardPaths(attributes: AuthorizationAttributes, { rules }: ClusterFacts): Step {
  if (!isOfTheServer(attributes)) return 'continue';
  for (const user of effectiveUsers(attributes.user, rootCluster)) {
    const verdict = rules.check(user, attributes);
    if (verdict.allowed)
      return { decision: 'allow', reason: `RBAC of root: binding "${verdict.binding}"`, authorizer: 'shard-paths' };
  }
  return { decision: 'no-opinion', reason: 'no RBAC rule of root matches', authorizer: 'shard-paths' };
}

/** RBAC of a cluster alone: whether somebody could, were they inside. For `bind`, `use` and the like. */
export async function deepAuthorize(rbac: Rbac, attributes: AuthorizationAttributes): Promise<Authorization> {
  if (attributes.user.groups.includes(systemMasters))
    return { decision: 'allow', reason: systemMasters, authorizer: 'always-allow-groups' };
  return grants(attributes, await rbac.rules(attributes.cluster));
}
