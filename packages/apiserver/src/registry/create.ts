import {
  alreadyExists,
  conflict,
  deepCopy,
  type FieldSet,
  type KubeObject,
  updateManagedFields,
} from '@canopy/apimachinery';
import type { Operation, Transaction } from '@canopy/storage';
import { markNewOwners } from './garbage-marks.ts';
import { encodeObject, inStoredOrder } from './object-codec.ts';
import { indexEntries } from './object-indexes.ts';
import { checkNewObject, checkSize, checkStrategy, servedVersion } from './object-rules.ts';
import {
  type CollectionRequest,
  groupResourceOf,
  inVersion,
  keyOf,
  type Registry,
  type StoredObject,
  strategyContext,
  type WriteOptions,
} from './registry.ts';
import { toStatusError } from './storage-errors.ts';
import { clusterAnnotation, stampCluster, stampNewObject, withoutClusterAnnotation } from './system-metadata.ts';

const createAttempts = 8;
const noTransaction: Transaction = { compares: [], operations: [] };

/**
 * Stores a new object. `object` is in the request's version, decoded and pruned; it is consumed.
 * Order: metadata, defaults, strategy, managed fields, mutating admission and schema rules, strategy rules, write.
 */
export async function createObject(
  registry: Registry,
  request: CollectionRequest,
  object: KubeObject,
  options: WriteOptions,
): Promise<StoredObject> {
  const generated = !object.metadata.name && Boolean(object.metadata.generateName);
  const mayRetry = generated || request.resource.strategy.alongsideCreate !== undefined;
  for (let attempt = 1; ; attempt++) {
    const copy = mayRetry ? deepCopy(object) : object;
    const result = await tryCreate(registry, request, copy, options);
    if (typeof result === 'object') return result;
    const retry = result === 'precondition failed' || generated;
    if (!retry || attempt === createAttempts) {
      throw alreadyExists(groupResourceOf(request.resource), copy.metadata.name ?? '');
    }
  }
}

/** `precondition failed` when something that the creation depends on changed meanwhile. */
async function tryCreate(
  registry: Registry,
  request: CollectionRequest,
  object: KubeObject,
  options: WriteOptions,
): Promise<StoredObject | 'name taken' | 'precondition failed'> {
  const { resource, version, access } = request;
  const { declaration, strategy } = resource;
  const context = strategyContext(registry, request, options.dryRun);
  if (object.metadata.resourceVersion) {
    throw conflict(
      groupResourceOf(resource),
      object.metadata.name ?? '',
      'resourceVersion should not be set on objects to be created',
    );
  }
  stampNewObject(object, access, declaration.scope === 'Namespaced' ? request.namespace : undefined, {
    now: context.now,
    ids: registry.ids,
    tracksGeneration: strategy.tracksGeneration !== false,
  });
  const served = servedVersion(resource, version);
  if (served.declaration.subresources.status === true && options.subresource === '') delete object.status;
  served.compiled.applyDefaults(object as never);

  let stored = version === declaration.storageVersion ? object : resource.convert(object, declaration.storageVersion);
  strategy.prepareForCreate?.(stored, context);
  await options.admit(stored, undefined);
  stampCluster(stored.metadata, access);
  checkNewObject(resource, declaration.storageVersion, stored);
  checkStrategy(resource, stored, strategy.validateCreate?.(stored, context));
  for (const text of strategy.warnings?.(stored, undefined) ?? []) options.warn(text);
  trackCreation(request, stored, options, context.now);

  const alongside = (await strategy.alongsideCreate?.(stored, context)) ?? noTransaction;
  stored = inStoredOrder(stored);
  const value = encodeObject(stored);
  checkSize(registry, value);
  const key = keyOf(request, stored.metadata.name ?? '');
  if (options.dryRun) {
    const taken = await registry.storage.get(key);
    return taken === undefined
      ? { kv: { key, value, modRevision: 0 as never, createRevision: 0 as never }, object: stored }
      : 'name taken';
  }
  const seconds = strategy.timeToLiveSeconds?.(stored);
  const put: Operation = {
    type: 'put',
    key,
    value,
    indexes: indexEntries(registry, resource, access.cluster, stored),
    ...(seconds === undefined ? {} : { lease: await registry.leases.leaseFor(seconds) }),
  };
  try {
    const result = await registry.storage.transact({
      compares: [{ key, modRevision: 0 }, ...alongside.compares],
      operations: [put, ...alongside.operations, ...markNewOwners(access.cluster, stored, undefined)],
    });
    if (!result.succeeded) return result.failed.key === key ? 'name taken' : 'precondition failed';
    const revision = result.revisions[0] as never;
    stored.metadata.resourceVersion = String(revision);
    return { kv: { key, value, modRevision: revision, createRevision: revision }, object: stored };
  } catch (error) {
    throw toStatusError(error);
  }
}

function trackCreation(request: CollectionRequest, stored: KubeObject, options: WriteOptions, now: string): void {
  const { resource, version } = request;
  const own = stored.metadata.managedFields;
  if (own !== undefined && own.length > 0) return;
  stored.metadata.managedFields = updateManagedFields({
    live: undefined,
    updated: withoutClusterAnnotation(inVersion(resource, stored, version)),
    manager: options.fieldManager,
    schema: servedVersion(resource, version).fullSchema,
    version: apiVersionText(request),
    subresource: options.subresource,
    now,
    resetFields:
      resource.strategy.resetFields?.(options.subresource) ?? defaultResetFields(request, options.subresource),
  });
}

/** `v1` or `group/version`: how managedFields name the version of their paths. */
export function apiVersionText(request: CollectionRequest): string {
  const { group } = request.resource.declaration;
  return group === '' ? request.version : `${group}/${request.version}`;
}

const clusterField: FieldSet = { 'f:metadata': { 'f:annotations': { [`f:${clusterAnnotation}`]: {} } } };
const mainFields: FieldSet = { ...clusterField, 'f:status': {} };
const statusFields: FieldSet = {
  'f:metadata': { 'f:annotations': { [`f:${clusterAnnotation}`]: {} }, 'f:labels': {} },
  'f:spec': {},
};

/** Status cannot be owned through the main resource and vice versa, where the kind has a status subresource. */
export function defaultResetFields(request: CollectionRequest, subresource: string): FieldSet {
  const served = servedVersion(request.resource, request.version);
  if (served.declaration.subresources.status !== true) return clusterField;
  return subresource === 'status' ? statusFields : mainFields;
}
