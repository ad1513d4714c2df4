import { type Condition, type NewCondition, setCondition } from '@canopy/api';
import type { KubeObject } from '@canopy/apimachinery';
import { type LogicalClusterName, mintClusterAccess, putNewObject, timestamp, type UserInfo } from '@canopy/apiserver';
import type { Compare, Operation } from '@canopy/storage';
import type { BindingWorld } from '../apis/binding-plan.ts';
import { logicalClusterKey, logicalClusterObjectName } from '../logical-cluster/stored-kinds.ts';
import { lifecycleLabel } from '../names.ts';
import { namespaceContent } from '../namespaces/namespace-content.ts';
import { defaultBindings } from './default-bindings.ts';
import { initializersOf, type ResolvedType, terminatorsOf, typeText } from './workspace-types.ts';

export interface NewClusterInput {
  cluster: LogicalClusterName;
  /** Canonical path. */
  path: string;
  /** External URL of the cluster. */
  url: string;
  type: ResolvedType;
  /** The type with all it extends, base types first. */
  aliases: readonly ResolvedType[];
  createdBy: UserInfo | undefined;
  /** The object that this cluster belongs to. */
  owner: { apiVersion: string; resource: string; name: string; cluster: string; uid: string } | undefined;
  annotations: Record<string, string>;
  shard: string;
  /** CA bundle for `kube-root-ca.crt`. */
  rootCa: string;
}

export interface NewCluster {
  logicalCluster: KubeObject;
  /** `Ready`, or `Initializing` while somebody has to do something. */
  phase: 'Ready' | 'Initializing';
  operations: Operation[];
  compares: Compare[];
}

/**
 * Everything a new logical cluster starts with, as one transaction: the LogicalCluster, namespaces with their default
 * objects, the creator's RBAC and the default bindings of its type, bound. Without initializers it is ready at once.
 */
export async function newCluster(world: BindingWorld, input: NewClusterInput): Promise<NewCluster> {
  const now = timestamp(world.registry.clock);
  const access = mintClusterAccess(input.cluster);
  const initializers = initializersOf(input.aliases);
  const terminators = terminatorsOf(input.aliases);
  const logicalCluster = logicalClusterObject(input, { initializers, terminators, now });
  const bindings = await defaultBindings(world, input, logicalCluster);
  const pending = bindings.waiting.length > 0 ? [apiBindingsInitializer, ...initializers] : initializers;
  const phase = pending.length === 0 ? 'Ready' : 'Initializing';
  const maintained = input.aliases.some(({ spec }) => spec.defaultAPIBindingLifecycle === 'Maintain');
  finish(logicalCluster, { pending, terminators, phase, waiting: bindings.waiting, maintained, now });

  const put = (group: string, resource: string, object: KubeObject): Operation =>
    putNewObject(world.registry, world.native.find(group, resource), access, object);
  const operations: Operation[] = [put('core.kcp.io', 'logicalclusters', logicalCluster), ...bindings.operations];
  for (const name of ['default', 'kube-system'])
    operations.push(...namespaceContent(world, access, name, input.rootCa));
  if (input.createdBy !== undefined) {
    operations.push(put('rbac.authorization.k8s.io', 'clusterrolebindings', workspaceAdmin(input.createdBy)));
  }
  return {
    logicalCluster,
    phase,
    operations,
    compares: [{ key: logicalClusterKey(input.cluster), modRevision: 0 }, ...bindings.compares],
  };
}

export const apiBindingsInitializer = 'system:apibindings';

function logicalClusterObject(
  input: NewClusterInput,
  state: { initializers: string[]; terminators: string[]; now: string },
): KubeObject {
  const hasBindings = input.aliases.some((alias) => (alias.spec.defaultAPIBindings?.length ?? 0) > 0);
  const { createdBy } = input;
  return {
    apiVersion: 'core.kcp.io/v1alpha1',
    kind: 'LogicalCluster',
    metadata: {
      name: logicalClusterObjectName,
      annotations: {
        ...input.annotations,
        'internal.tenancy.kcp.io/type': typeText(input.type),
        'kcp.io/path': input.path,
        'core.kcp.io/shard': input.shard,
      },
      finalizers: ['core.kcp.io/logicalcluster-deletion'],
    },
    spec: {
      directlyDeletable: false,
      ...(input.owner === undefined ? {} : { owner: input.owner }),
      ...(createdBy === undefined ? {} : { createdBy: userOf(createdBy) }),
      initializers: hasBindings ? [...state.initializers, apiBindingsInitializer] : state.initializers,
      ...(state.terminators.length > 0 ? { terminators: state.terminators } : {}),
    },
    status: { URL: input.url },
  };
}

/** authentication.k8s.io UserInfo. */
export function userOf(user: UserInfo): Record<string, unknown> {
  return {
    username: user.name,
    ...(user.uid === undefined ? {} : { uid: user.uid }),
    ...(user.groups.length > 0 ? { groups: [...user.groups] } : {}),
    ...(user.extra === undefined ? {} : { extra: user.extra }),
  };
}

function finish(
  logicalCluster: KubeObject,
  state: {
    pending: readonly string[];
    terminators: readonly string[];
    phase: string;
    waiting: readonly string[];
    /** Default bindings are kept up. */
    maintained: boolean;
    now: string;
  },
): void {
  const { pending, terminators, phase, waiting, now } = state;
  let conditions: Condition[] = [];
  conditions = setCondition(
    conditions,
    waiting.length === 0
      ? { type: 'APIBindingsInitialized', status: 'True' }
      : {
          type: 'APIBindingsInitialized',
          status: 'False',
          severity: 'Info',
          reason: 'WaitingOnAPIBindings',
          message: `APIBinding(s) not yet bound: ${waiting.join(', ')}`,
        },
    now,
  );
  if (state.maintained && waiting.length === 0)
    conditions = setCondition(conditions, { type: 'APIBindingsReconciled', status: 'True' }, now);
  conditions = setCondition(conditions, initializedCondition(pending), now);
  Object.assign(logicalCluster.status as object, {
    phase,
    ...(pending.length > 0 ? { initializers: [...pending] } : {}),
    ...(terminators.length > 0 ? { terminators: [...terminators] } : {}),
    conditions,
  });
  logicalCluster.metadata.labels = lifecycleLabels(phase, pending, terminators);
}

export function initializedCondition(pending: readonly string[]): NewCondition {
  if (pending.length === 0) return { type: 'WorkspaceInitialized', status: 'True' };
  return {
    type: 'WorkspaceInitialized',
    status: 'False',
    severity: 'Info',
    reason: 'InitializerExists',
    message: `Initializers still exist: [${pending.join(' ')}]`,
  };
}

/** Labels that mirror status for label selectors of the lifecycle virtual workspaces. */
export function lifecycleLabels(
  phase: string,
  initializers: readonly string[],
  terminators: readonly string[],
): Record<string, string> {
  const labels: Record<string, string> = { 'tenancy.kcp.io/phase': phase };
  for (const name of initializers) {
    const { key, value } = lifecycleLabel('initializer.internal.kcp.io/', name);
    labels[key] = value;
  }
  for (const name of terminators) {
    const { key, value } = lifecycleLabel('terminator.internal.kcp.io/', name);
    labels[key] = value;
  }
  return labels;
}

function workspaceAdmin(user: UserInfo): KubeObject {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'workspace-admin' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user.name }],
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
  };
}
