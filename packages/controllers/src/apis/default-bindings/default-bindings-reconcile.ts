import { type Condition, isConditionTrue, setCondition } from '@canopy/api';
import { deepEqual, type KubeObject } from '@canopy/apimachinery';
import { decodeObject, putNewObject, timestamp } from '@canopy/apiserver';
import {
  apiBindingsInitializer,
  bindingSpecOf,
  bindingStatusOf,
  defaultBinding,
  exportHash,
  groups,
  holdersFor,
  planBinding,
  type ResolvedType,
  typeAnnotation,
} from '@canopy/kcp';
import { objectPrefix } from '@canopy/storage';
import { type ClusterView, type ControllerDeps, clusterView } from '../../runtime/controller-deps.ts';
import { changeObject } from '../../runtime/object-writer.ts';
import { changeCluster } from '../../tenancy/logicalcluster/cluster-commit.ts';
import {
  clusterStatusOf,
  readLogicalCluster,
  type StoredObjectAt,
} from '../../tenancy/logicalcluster/cluster-objects.ts';

interface WantedBinding {
  path: string;
  name: string;
}

/**
 * Default bindings of a logical cluster: while it initializes, those that its creation could not bind; with the lifecycle
 * `Maintain`, those that somebody has deleted or changed since.
 */
export async function reconcileDefaultBindings(deps: ControllerDeps, cluster: string): Promise<void> {
  const found = await readLogicalCluster(deps, cluster);
  if (found === undefined || found.object.metadata.deletionTimestamp !== undefined) return;
  const initializing = clusterStatusOf(found.object).initializers?.includes(apiBindingsInitializer) === true;
  const aliases = await aliasesOf(deps, cluster, found.object);
  if (aliases === undefined) {
    if (initializing) await tell(deps, cluster, { type: 'APIBindingsInitialized', ...typesInvalid });
    return;
  }
  const maintained = aliases.some(({ spec }) => spec.defaultAPIBindingLifecycle === 'Maintain');
  if (!initializing && !maintained) return;
  const view = await clusterView(deps, cluster);
  const waiting: string[] = [];
  for (const wanted of wantedBindings(aliases)) {
    const binding = await ensureBinding(deps, view, found, { wanted, overwrite: maintained && !initializing });
    if (!isBound(binding)) waiting.push(binding.metadata.name ?? '');
  }
  const type = initializing ? 'APIBindingsInitialized' : 'APIBindingsReconciled';
  await tell(deps, cluster, { type, ...verdictOf(waiting) }, initializing && waiting.length === 0);
}

async function aliasesOf(
  { types }: ControllerDeps,
  cluster: string,
  logicalCluster: KubeObject,
): Promise<ResolvedType[] | undefined> {
  const text = logicalCluster.metadata.annotations?.[typeAnnotation];
  if (text === undefined) return [];
  const colon = text.lastIndexOf(':');
  const type = await types.resolve({ path: text.slice(0, colon), name: text.slice(colon + 1) }, cluster);
  if (type === undefined) return undefined;
  return types.aliases(type).catch(() => undefined);
}

/** Of all aliases, base types first, each export once. */
export function wantedBindings(aliases: readonly ResolvedType[]): WantedBinding[] {
  const wanted = new Map<string, WantedBinding>();
  for (const alias of aliases) {
    for (const { path, export: name } of alias.spec.defaultAPIBindings ?? []) {
      const of = { path: path || alias.path, name };
      wanted.set(`${of.path}:${name}`, of);
    }
  }
  return [...wanted.values()];
}

function isBound(binding: KubeObject): boolean {
  const { conditions } = bindingStatusOf(binding);
  return (
    isConditionTrue(conditions, 'InitialBindingCompleted') && isConditionTrue(conditions, 'PermissionClaimsApplied')
  );
}

async function ensureBinding(
  deps: ControllerDeps,
  view: ClusterView,
  logicalCluster: StoredObjectAt,
  { wanted, overwrite }: { wanted: WantedBinding; overwrite: boolean },
): Promise<KubeObject> {
  const { registry, world, surfaces } = deps;
  const fresh = await defaultBinding(world, view.cluster, wanted.path, wanted.name);
  const exportCluster = (await world.directory.resolveName(wanted.path)) ?? wanted.path;
  const { items } = await registry.storage.range(
    objectPrefix({ group: groups.apis, resource: 'apibindings', cluster: view.cluster }),
  );
  const hash = exportHash(exportCluster, wanted.name);
  const existing = items
    .map(decodeObject)
    .find((binding) => binding.metadata.labels?.['internal.apis.kcp.io/export'] === hash);
  const resource = world.native.find(groups.apis, 'apibindings');
  if (existing !== undefined) {
    if (overwrite && existing.metadata.name === fresh.metadata.name) {
      const place = { resource, access: view.access, name: existing.metadata.name ?? '' };
      await changeObject(registry, place, (binding) => acceptAll(binding, fresh));
    }
    return existing;
  }
  const plan = await planBinding(world, {
    binding: fresh,
    cluster: view.cluster,
    logicalCluster: { object: logicalCluster.object, revision: logicalCluster.kv.modRevision },
    holders: await holdersFor(world, surfaces, view.cluster, fresh),
  });
  const put = putNewObject(registry, resource, view.access, fresh);
  const result = await registry.storage.transact({
    compares: [{ key: put.key, modRevision: 0 }, ...plan.compares],
    operations: [put, ...plan.operations],
  });
  if (!result.succeeded) throw new Error(`lost a race for ${result.failed.key}`);
  return fresh;
}

/** False when its claims are answered as its type wants them. */
function acceptAll(binding: KubeObject, fresh: KubeObject): boolean {
  const wanted = bindingSpecOf(fresh).permissionClaims;
  if (deepEqual(bindingSpecOf(binding).permissionClaims, wanted)) return false;
  binding.spec = {
    ...bindingSpecOf(binding),
    ...(wanted === undefined ? { permissionClaims: undefined } : { permissionClaims: wanted }),
  };
  return true;
}

type Verdict = Pick<Condition, 'status' | 'severity' | 'reason' | 'message'>;

const typesInvalid: Verdict = {
  status: 'False',
  severity: 'Error',
  reason: 'WorkspaceTypesInvalid',
  message: 'the workspace type, or one that it extends, cannot be resolved',
};

function verdictOf(waiting: readonly string[]): Verdict {
  if (waiting.length === 0) return { status: 'True' };
  return {
    status: 'False',
    severity: 'Info',
    reason: 'WaitingOnAPIBindings',
    message: `APIBinding(s) not yet bound: ${waiting.join(', ')}`,
  };
}

async function tell(
  deps: ControllerDeps,
  cluster: string,
  condition: Omit<Condition, 'lastTransitionTime'>,
  initialized = false,
): Promise<void> {
  await changeCluster(deps, cluster, (logicalCluster) => {
    const status = clusterStatusOf(logicalCluster);
    status.conditions = setCondition(status.conditions, condition, timestamp(deps.registry.clock));
    if (initialized)
      status.initializers = (status.initializers ?? []).filter((name) => name !== apiBindingsInitializer);
  });
}
