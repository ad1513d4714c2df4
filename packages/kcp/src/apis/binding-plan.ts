import { type Condition, setCondition, summarizeReady } from '@canopy/api';
import type { KubeObject } from '@canopy/apimachinery';
import {
  type ClusterAccess,
  type LogicalClusterName,
  mintClusterAccess,
  putNewObject,
  putObject,
  type Registry,
  timestamp,
} from '@canopy/apiserver';
import type { Compare, Operation, Transaction } from '@canopy/storage';
import type { ClusterDirectory } from '../logical-cluster/cluster-directory.ts';
import { boundCrdsCluster, crdKey, logicalClusterKey } from '../logical-cluster/stored-kinds.ts';
import { boundCrdOf } from '../surface/bound-crd.ts';
import type { NativeKinds } from '../surface/native-kinds.ts';
import type { ExportCache, ExportedSchema } from './export-cache.ts';
import {
  type BindingStatus,
  type BoundResourceStatus,
  bindingSpecOf,
  bindingStatusOf,
  exportSpecOf,
  identityHashOfExport,
  resourceText,
} from './export-model.ts';
import { findNamingConflict, type NameHolder, type WantedNames } from './naming-conflicts.ts';
import { effectiveClaims, judgeClaims } from './permission-claims.ts';
import { type LockTable, lockedByBinding, readLocks, takeLocks, writeLocks } from './resource-locks.ts';

export interface BindingWorld {
  registry: Registry;
  directory: ClusterDirectory;
  exports: ExportCache;
  native: NativeKinds;
}

export interface BindingInput {
  binding: KubeObject;
  cluster: LogicalClusterName;
  /** The cluster's LogicalCluster and its revision; revision 0 when it is created in the same transaction. */
  logicalCluster: { object: KubeObject; revision: number } | undefined;
  /** Names that are taken in the cluster by others than this binding. */
  holders: readonly NameHolder[];
}

/**
 * What binding an APIBinding takes: its new status, and the writes that must happen with it (bound CRDs, the lock on the
 * LogicalCluster). Everything is one transaction, so a binding is never half made.
 */
export interface BindingPlan extends Transaction {
  /** The LogicalCluster with this binding's locks, when they changed; for callers that write it themselves. */
  lockTable: LockTable | undefined;
}

interface Problem {
  reason: string;
  severity: 'Error' | 'Warning' | 'Info';
  message: string;
}

/** Decides what the binding looks like now and mutates `binding.status` and its metadata accordingly. */
export async function planBinding(world: BindingWorld, input: BindingInput): Promise<BindingPlan> {
  const { binding } = input;
  const now = timestamp(world.registry.clock);
  const status = bindingStatusOf(binding);
  if (status.phase === undefined || (status.phase as string) === '') status.phase = 'Binding';
  const reference = bindingSpecOf(binding).reference.export;
  const located = await locateExport(world, input, reference);
  if ('problem' in located) return fail(status, { type: 'APIExportValid', ...located.problem }, now);
  const { exportObject, exportCluster, schemas } = located;
  status.apiExportClusterName = exportCluster;
  syncExtraAnnotations(binding, exportObject);
  const identity = identityHashOfExport(exportObject);
  if (identity === '') {
    return fail(
      status,
      {
        type: 'APIExportValid',
        reason: 'MissingIdentityHash',
        severity: 'Warning',
        message: `APIExport ${exportCluster}|${exportObject.metadata.name} is missing status.identityHash`,
      },
      now,
    );
  }
  const missing = missingSchema(schemas);
  if (missing !== undefined) return fail(status, { type: 'APIExportValid', ...missing }, now);
  status.conditions = setCondition(status.conditions, { type: 'APIExportValid', status: 'True' }, now);
  judge(binding, status, exportObject, now);
  return bindResources(world, input, { identity, schemas: schemas as FoundSchema[], now });
}

type FoundSchema = ExportedSchema & { schema: KubeObject };

async function locateExport(
  world: BindingWorld,
  input: BindingInput,
  reference: { path?: string; name: string } | undefined,
): Promise<
  { exportObject: KubeObject; exportCluster: string; schemas: readonly ExportedSchema[] } | { problem: Problem }
> {
  if (reference === undefined) {
    return {
      problem: { reason: 'APIExportInvalidReference', severity: 'Error', message: 'Missing APIExport reference' },
    };
  }
  const path = reference.path || input.cluster;
  const cluster = await world.directory.resolveName(path);
  const found = cluster === undefined ? undefined : await world.exports.find(cluster, reference.name);
  if (cluster === undefined || found === undefined) {
    return {
      problem: {
        reason: 'APIExportNotFound',
        severity: 'Error',
        message: `APIExport ${path}|${reference.name} not found`,
      },
    };
  }
  return { exportObject: found.object, exportCluster: cluster, schemas: found.schemas };
}

function missingSchema(schemas: readonly ExportedSchema[]): Problem | undefined {
  const missing = schemas.find((entry) => entry.schema === undefined);
  if (missing === undefined) return undefined;
  const message = `Invalid APIExport. Please contact the APIExport owner to resolve: APIResourceSchema "${missing.resource.schema}" not found`;
  return { reason: 'InternalError', severity: 'Error', message };
}

function syncExtraAnnotations(binding: KubeObject, exportObject: KubeObject): void {
  const extra = (key: string): boolean => key.startsWith('extra.apis.kcp.io/');
  const kept = Object.entries(binding.metadata.annotations ?? {}).filter(([key]) => !extra(key));
  const wanted = Object.entries(exportObject.metadata.annotations ?? {}).filter(([key]) => extra(key));
  binding.metadata.annotations = Object.fromEntries([...kept, ...wanted]);
}

/** Claims: what the export asks for now, and whether the binding's answers fit. */
function judge(binding: KubeObject, status: BindingStatus, exportObject: KubeObject, now: string): void {
  const exported = exportSpecOf(exportObject).permissionClaims ?? [];
  const answered = bindingSpecOf(binding).permissionClaims ?? [];
  if (exported.length > 0) status.exportPermissionClaims = exported;
  else delete status.exportPermissionClaims;
  const verdict = judgeClaims(exported, answered);
  status.conditions = setCondition(status.conditions, { type: 'PermissionClaimsValid', ...verdict }, now);
  const effective = effectiveClaims(exported, answered);
  if (effective.length === 0) {
    delete status.appliedPermissionClaims;
    status.conditions = setCondition(status.conditions, { type: 'PermissionClaimsApplied', status: 'True' }, now);
  }
}

async function bindResources(
  world: BindingWorld,
  input: BindingInput,
  found: { identity: string; schemas: readonly FoundSchema[]; now: string },
): Promise<BindingPlan> {
  const status = bindingStatusOf(input.binding);
  const { now } = found;
  const name = input.binding.metadata.name ?? '';
  if (input.logicalCluster === undefined) {
    return failBinding(
      status,
      {
        reason: 'LogicalClusterNotFound',
        severity: 'Error',
        message: 'the logical cluster of the binding was not found',
      },
      now,
    );
  }
  const table = readLocks(input.logicalCluster.object);
  const free: FoundSchema[] = [];
  const conflicts: string[] = [];
  for (const entry of found.schemas) {
    const conflict = conflictOf(entry, name, table, input.holders);
    if (conflict === undefined) free.push(entry);
    else conflicts.push(conflict);
  }
  const resources = free.map(({ resource }) => resourceText(resource.group, resource.name));
  const lockTable = conflicts.length > 0 ? undefined : takeLocks(table, name, resources);
  if (conflicts.length > 0) {
    const message = `Unable to bind APIs because they are bound by other APIBindings or CRDs: ${conflicts.join('; ')}`;
    return failBinding(status, { reason: 'NamingConflicts', severity: 'Error', message }, now);
  }
  const crds = await boundCrdOperations(
    world,
    status.apiExportClusterName ?? '',
    bindingSpecOf(input.binding).reference.export?.name ?? '',
    free,
  );
  status.boundResources = free.map((entry) => boundResourceOf(entry, found.identity, status.boundResources));
  status.phase = 'Bound';
  let conditions = status.conditions ?? [];
  for (const type of ['InitialBindingCompleted', 'BindingUpToDate'])
    conditions = setCondition(conditions, { type, status: 'True' }, now);
  status.conditions = summarizeReady(conditions, { types: ['InitialBindingCompleted'], now });
  return withLocks(world, input, lockTable, crds);
}

function conflictOf(
  entry: FoundSchema,
  binding: string,
  table: LockTable,
  holders: readonly NameHolder[],
): string | undefined {
  const { resource } = entry;
  const lock = table[resourceText(resource.group, resource.name)];
  const other = lockedByBinding(lock);
  if (other !== undefined && other !== binding) {
    return `${resourceText(resource.group, resource.name)} is bound by APIBinding "${other}"`;
  }
  const { names } = entry.schema.spec as { names: WantedNames['names'] };
  return findNamingConflict({ group: resource.group, names }, holders);
}

function boundResourceOf(
  entry: FoundSchema,
  identity: string,
  before: readonly BoundResourceStatus[] | undefined,
): BoundResourceStatus {
  const { resource, schema } = entry;
  const versions = (schema.spec as { versions: { name: string; storage?: boolean }[] }).versions;
  const storage = versions.filter((version) => version.storage === true).map((version) => version.name);
  const old =
    before?.find((bound) => bound.group === resource.group && bound.resource === resource.name)?.storageVersions ?? [];
  return {
    group: resource.group,
    resource: resource.name,
    schema: { name: schema.metadata.name ?? '', UID: schema.metadata.uid ?? '', identityHash: identity },
    storageVersions: entry.resource.storage?.virtual !== undefined ? [] : [...new Set([...old, ...storage])].sort(),
  };
}

/** CRDs in `system:bound-crds` that are not there yet. Native kinds of the root exports need none. */
async function boundCrdOperations(
  world: BindingWorld,
  exportCluster: string,
  exportName: string,
  entries: readonly FoundSchema[],
): Promise<{ operations: Operation[]; compares: Compare[] }> {
  const operations: Operation[] = [];
  const compares: Compare[] = [];
  if (exportCluster === 'root' && world.native.byRootExport.has(exportName)) return { operations, compares };
  const access: ClusterAccess = mintClusterAccess(boundCrdsCluster as LogicalClusterName);
  const resource = world.native.find('apiextensions.k8s.io', 'customresourcedefinitions');
  for (const { schema } of entries) {
    const uid = schema.metadata.uid ?? '';
    if (await world.exports.isCrdBound(uid)) continue;
    const key = crdKey(boundCrdsCluster, uid);
    operations.push(putNewObject(world.registry, resource, access, boundCrdOf(schema, exportCluster)));
    compares.push({ key, modRevision: 0 });
  }
  return { operations, compares };
}

function withLocks(
  world: BindingWorld,
  input: BindingInput,
  lockTable: LockTable | undefined,
  writes: { operations: Operation[]; compares: Compare[] },
): BindingPlan {
  const { logicalCluster, cluster } = input;
  if (lockTable === undefined || logicalCluster === undefined || logicalCluster.revision === 0)
    return { ...writes, lockTable };
  const changed = structuredClone(logicalCluster.object);
  writeLocks(changed, lockTable);
  const resource = world.native.find('core.kcp.io', 'logicalclusters');
  return {
    operations: [...writes.operations, putObject(world.registry, resource, mintClusterAccess(cluster), changed)],
    compares: [
      ...writes.compares,
      { key: logicalClusterKey(cluster), modRevision: logicalCluster.revision as Compare['modRevision'] },
    ],
    lockTable,
  };
}

const nothing: BindingPlan = { operations: [], compares: [], lockTable: undefined };

function fail(status: BindingStatus, problem: Problem & { type: string }, now: string): BindingPlan {
  status.conditions = setCondition(status.conditions, { status: 'False', ...problem }, now);
  const waiting = { reason: problem.reason, severity: problem.severity, message: problem.message };
  return failBinding(status, waiting, now);
}

/** A binding that is bound stays bound; only later changes are what fails then. */
function failBinding(status: BindingStatus, problem: Problem, now: string): BindingPlan {
  const bound = status.phase === 'Bound';
  const type = bound ? 'BindingUpToDate' : 'InitialBindingCompleted';
  let conditions: Condition[] = setCondition(status.conditions, { type, status: 'False', ...problem }, now);
  if (!bound) conditions = summarizeReady(conditions, { types: ['InitialBindingCompleted'], now });
  status.conditions = conditions;
  return nothing;
}
