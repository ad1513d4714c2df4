import { type Condition, setCondition } from '@canopy/api';
import { type FieldError, invalidValue, type KubeObject } from '@canopy/apimachinery';
import {
  logicalClusterName,
  type Strategy,
  type StrategyContext,
  systemMasters,
  type UserInfo,
} from '@canopy/apiserver';
import type { Compare, Transaction } from '@canopy/storage';
import type { BindingWorld } from '../apis/binding-plan.ts';
import { logicalClusterKey, readObject } from '../logical-cluster/stored-kinds.ts';
import { newClusterName, shardHash } from '../names.ts';
import type { ShardSettings } from '../shard-settings.ts';
import { initializedCondition, newCluster } from './new-cluster.ts';
import { refuse, type WorkspaceTypes } from './workspace-types.ts';

export interface WorkspaceSpec {
  type?: { name: string; path?: string };
  location?: {
    selector?: {
      matchLabels?: Record<string, string>;
      matchExpressions?: { key: string; operator: string; values?: string[] }[];
    };
  };
  cluster?: string;
  URL?: string;
  mount?: { ref: Record<string, string> };
}

export interface WorkspaceStatus {
  phase?: string;
  conditions?: Condition[];
  initializers?: string[];
  terminators?: string[];
}

export const ownerAnnotation = 'experimental.tenancy.kcp.io/owner';
export const requiredGroupsAnnotation = 'authorization.kcp.io/required-groups';
export const workspaceFinalizer = 'core.kcp.io/logicalcluster';

export function workspaceSpecOf(object: KubeObject): WorkspaceSpec {
  object.spec ??= {};
  return object.spec as WorkspaceSpec;
}

export function workspaceStatusOf(object: KubeObject): WorkspaceStatus {
  object.status ??= {};
  return object.status as WorkspaceStatus;
}

/** Workspaces: their creation brings the logical cluster with it, in the same transaction. */
export function workspaceStrategy(world: BindingWorld, types: WorkspaceTypes, shard: ShardSettings): Strategy {
  return {
    prepareForCreate(object) {
      workspaceStatusOf(object).phase = 'Scheduling';
    },
    validateUpdate: (object, old) => immutableFields(object, old),
    alongsideCreate: (object, context) => schedule({ world, types, shard }, object, context),
    selectableFields: {
      'spec.cluster': (object) => workspaceSpecOf(object).cluster ?? '',
      'status.phase': (object) => workspaceStatusOf(object).phase ?? '',
    },
  };
}

function immutableFields(object: KubeObject, old: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const [now, before] = [workspaceSpecOf(object), workspaceSpecOf(old)];
  if (JSON.stringify(now.mount) !== JSON.stringify(before.mount)) {
    errors.push(invalidValue('spec.mount', now.mount ?? null, 'mount is immutable'));
  }
  return errors;
}

const nothing: Transaction = { compares: [], operations: [] };

async function schedule(
  { world, types, shard }: { world: BindingWorld; types: WorkspaceTypes; shard: ShardSettings },
  object: KubeObject,
  context: StrategyContext,
): Promise<Transaction> {
  const { registry } = world;
  const parent = context.access.cluster;
  const parentKey = logicalClusterKey(parent);
  const parentCluster = await readObject(registry.storage, parentKey);
  if (parentCluster === undefined || parentCluster.object.metadata.deletionTimestamp !== undefined) {
    throw refuse('the parent workspace is being deleted');
  }
  const spec = workspaceSpecOf(object);
  const status = workspaceStatusOf(object);
  if (spec.mount !== undefined) return nothing;
  if (!shard.matches(spec.location?.selector)) {
    status.conditions = setCondition(
      status.conditions,
      {
        type: 'WorkspaceScheduled',
        status: 'False',
        severity: 'Error',
        reason: 'Unschedulable',
        message: 'No available shards to schedule the workspace',
      },
      context.now,
    );
    labelPhase(object, 'Scheduling');
    return nothing;
  }
  const type = await types.resolve(spec.type ?? { name: 'universal', path: 'root' }, parent);
  if (type === undefined) throw refuse(`workspace type "${spec.type?.name}" cannot be resolved`);
  const aliases = await types.aliases(type);
  const name = object.metadata.name ?? '';
  const path = `${parentCluster.object.metadata.annotations?.['kcp.io/path'] ?? parent}:${name}`;
  const cluster = logicalClusterName(spec.cluster ?? newClusterName(registry.clock.now()));
  const url = `${shard.externalUrl}/clusters/${path}`;
  const owner = object.metadata.annotations?.[ownerAnnotation];
  const requiredGroups = object.metadata.annotations?.[requiredGroupsAnnotation];
  const created = await newCluster(world, {
    cluster,
    path,
    url,
    type,
    aliases,
    createdBy: context.user.groups.includes(systemMasters) ? ownerUser(owner) : context.user,
    owner: {
      apiVersion: 'tenancy.kcp.io/v1alpha1',
      resource: 'workspaces',
      name,
      cluster: parent,
      uid: object.metadata.uid ?? '',
    },
    annotations: {
      ...(owner === undefined ? {} : { [ownerAnnotation]: owner }),
      ...(requiredGroups === undefined ? {} : { [requiredGroupsAnnotation]: requiredGroups }),
    },
    shard: shard.name,
    rootCa: shard.rootCa,
  });
  spec.cluster = cluster;
  spec.URL = url;
  settle(object, created, shard, context);
  const compares: Compare[] = [
    { key: parentKey, modRevision: parentCluster.revision as Compare['modRevision'] },
    ...created.compares,
  ];
  return { compares, operations: created.operations };
}

/** What the Workspace itself shows once its cluster is there. */
function settle(
  object: KubeObject,
  created: { phase: string; logicalCluster: KubeObject },
  shard: ShardSettings,
  context: StrategyContext,
): void {
  const status = workspaceStatusOf(object);
  const of = created.logicalCluster.status as WorkspaceStatus;
  status.phase = created.phase;
  if (of.initializers !== undefined) status.initializers = of.initializers;
  if (of.terminators !== undefined) status.terminators = of.terminators;
  status.conditions = setCondition(status.conditions, { type: 'WorkspaceScheduled', status: 'True' }, context.now);
  status.conditions = setCondition(status.conditions, initializedCondition(of.initializers ?? []), context.now);
  const annotations: Record<string, string> = {
    ...object.metadata.annotations,
    'core.kcp.io/shard': shard.name,
    'internal.tenancy.kcp.io/shard': shardHash(shard.name),
    'internal.tenancy.kcp.io/cluster': workspaceSpecOf(object).cluster ?? '',
  };
  const owner = ownerUser(annotations[ownerAnnotation]);
  if (owner !== undefined && created.phase === 'Ready')
    annotations[ownerAnnotation] = JSON.stringify({ username: owner.name });
  object.metadata.annotations = annotations;
  object.metadata.finalizers = [...new Set([...(object.metadata.finalizers ?? []), workspaceFinalizer])];
  if (shard.region !== undefined) object.metadata.labels = { ...object.metadata.labels, region: shard.region };
  labelPhase(object, created.phase);
}

export function labelPhase(object: KubeObject, phase: string): void {
  object.metadata.labels = { ...object.metadata.labels, 'tenancy.kcp.io/phase': phase };
}

/** The creator as the owner annotation has it; undefined when it is missing or malformed. */
export function ownerUser(annotation: string | undefined): UserInfo | undefined {
  if (annotation === undefined) return undefined;
  try {
    const owner = JSON.parse(annotation) as { username?: unknown; uid?: unknown; groups?: unknown };
    if (typeof owner.username !== 'string') return undefined;
    return {
      name: owner.username,
      groups: Array.isArray(owner.groups)
        ? owner.groups.filter((group): group is string => typeof group === 'string')
        : [],
      ...(typeof owner.uid === 'string' ? { uid: owner.uid } : {}),
    };
  } catch {
    return undefined;
  }
}
