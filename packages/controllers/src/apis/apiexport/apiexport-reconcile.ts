import { type Condition, setCondition } from '@canopy/api';
import type { KubeObject } from '@canopy/apimachinery';
import { decodeObject, logicalClusterName, mintClusterAccess, timestamp } from '@canopy/apiserver';
import {
  apiExportKey,
  exportSpecOf,
  exportUrl,
  groups,
  identityHashOf,
  identityNamespace,
  readObject,
  sliceExportIndex,
  sliceStatus,
} from '@canopy/kcp';
import { objectKey, parseObjectKey } from '@canopy/storage';
import type { ControllerDeps } from '../../runtime/controller-deps.ts';
import { changeObject } from '../../runtime/object-writer.ts';

interface ExportStatus {
  identityHash?: string;
  conditions?: Condition[];
}

/** Where an export's identity comes from. */
export function secretOf(exportObject: KubeObject): { namespace: string; name: string } {
  const reference = exportSpecOf(exportObject).identity?.secretRef;
  return {
    namespace: reference?.namespace ?? identityNamespace,
    name: reference?.name ?? exportObject.metadata.name ?? '',
  };
}

/**
 * Sets the identity of an export from its secret, once: it never changes afterwards, so that a different key is told as a
 * failed verification. Mutates the status.
 */
export function settleIdentity(exportObject: KubeObject, key: Uint8Array | undefined, now: string): void {
  const status = (exportObject.status ?? {}) as ExportStatus;
  exportObject.status = status;
  const { namespace, name } = secretOf(exportObject);
  const fail = (message: string): void => {
    const problem = {
      type: 'IdentityValid',
      status: 'False' as const,
      severity: 'Error',
      reason: 'IdentityVerificationFailed',
      message,
    };
    status.conditions = setCondition(status.conditions, problem, now);
  };
  if (key === undefined) {
    fail(`secret "${namespace}/${name}" has no data.key`);
    return;
  }
  const hash = identityHashOf(key);
  if (status.identityHash !== undefined && status.identityHash !== '' && status.identityHash !== hash) {
    fail(`hash mismatch: identity secret hash "${hash}" must match status.identityHash "${status.identityHash}"`);
    return;
  }
  status.identityHash = hash;
  status.conditions = setCondition(status.conditions, { type: 'IdentityValid', status: 'True' }, now);
}

/** Brings the identity of an export, and the slices that name it, in line with what there is. */
export async function reconcileExport(deps: ControllerDeps, cluster: string, name: string): Promise<void> {
  const { registry, world } = deps;
  const found = await readObject(registry.storage, apiExportKey(cluster, name));
  await reconcileSlices(deps, { cluster, name, exists: found !== undefined });
  if (found === undefined) return;
  const reference = secretOf(found.object);
  const key = await identityKeyOf(deps, cluster, reference);
  const place = {
    resource: world.native.find(groups.apis, 'apiexports'),
    access: mintClusterAccess(logicalClusterName(cluster)),
    name,
  };
  await changeObject(registry, place, (object) => settleIdentity(object, key, timestamp(registry.clock)));
}

async function identityKeyOf(
  { registry }: ControllerDeps,
  cluster: string,
  at: { namespace: string; name: string },
): Promise<Buffer | undefined> {
  const secret = await readObject(registry.storage, objectKey({ group: '', resource: 'secrets', cluster, ...at }));
  const encoded = (secret?.object.data as Record<string, string> | undefined)?.key;
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64');
}

/** Endpoint slices of an export, wherever they are, show whether it exists. */
async function reconcileSlices(
  deps: ControllerDeps,
  at: { cluster: string; name: string; exists: boolean },
): Promise<void> {
  const { registry, world, shard } = deps;
  const resource = world.native.find(groups.apis, 'apiexportendpointslices');
  const { items } = await registry.storage.rangeIndex(sliceExportIndex, at.name);
  for (const kv of items) {
    const cluster = parseObjectKey(kv.key)?.cluster ?? '';
    const slice = decodeObject(kv);
    const reference = (slice.spec as { export: { path?: string } }).export;
    if ((await world.directory.resolveName(reference.path || cluster)) !== at.cluster) continue;
    const place = { resource, access: mintClusterAccess(logicalClusterName(cluster)), name: slice.metadata.name ?? '' };
    await changeObject(registry, place, (object) => {
      const now = timestamp(registry.clock);
      if (at.exists) showEndpoint(object, exportUrl(shard, at.cluster, at.name), now);
      else showMissing(object, `APIExport ${reference.path || cluster}|${at.name} not found`, now);
    });
  }
}

interface SliceStatus {
  endpoints?: object[];
  conditions?: Condition[];
}

function showEndpoint(slice: KubeObject, url: string, now: string): void {
  const status = (slice.status ?? {}) as SliceStatus;
  const wanted = sliceStatus(url, now) as SliceStatus;
  let conditions = status.conditions;
  for (const { lastTransitionTime: _, ...condition } of wanted.conditions ?? [])
    conditions = setCondition(conditions, condition, now);
  slice.status = { ...status, endpoints: wanted.endpoints, conditions };
}

function showMissing(slice: KubeObject, message: string, now: string): void {
  const status = (slice.status ?? {}) as SliceStatus;
  const problem = {
    type: 'APIExportValid',
    status: 'False' as const,
    severity: 'Error',
    reason: 'APIExportNotFound',
    message,
  };
  slice.status = { ...status, endpoints: [], conditions: setCondition(status.conditions, problem, now) };
}
