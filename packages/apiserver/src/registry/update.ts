import {
  conflict,
  deepCopy,
  deepEqual,
  type KubeObject,
  notFound,
  tooManyRequests,
  updateManagedFields,
} from '@canopy/apimachinery';
import type { KeyValue, Operation } from '@canopy/storage';
import { apiVersionText, createObject, defaultResetFields } from './create.ts';
import { markIfOwner, markNewOwners } from './garbage-marks.ts';
import { decodeObject, encodeObject, inStoredOrder } from './object-codec.ts';
import { indexEntries } from './object-indexes.ts';
import { checkChangedObject, checkSize, checkStrategy, desiredStateOf, servedVersion } from './object-rules.ts';
import {
  groupResourceOf,
  inVersion,
  keyOf,
  type ObjectRequest,
  type Registry,
  type StoredObject,
  strategyContext,
  type WriteOptions,
} from './registry.ts';
import type { ServedResource } from './served-resource.ts';
import { toStatusError } from './storage-errors.ts';
import type { StrategyContext } from './strategy.ts';
import { keepServerMetadata, stampCluster, withoutClusterAnnotation } from './system-metadata.ts';

/** Makes the new object from the current one; both in the request's version. Called again after each lost race. */
export interface UpdateStep {
  /**
   * `managedFields` tells that the function has kept them itself (server-side apply); then they are stored as they are.
   * `live` undefined: the object does not exist and may be created.
   */
  transform(live: KubeObject | undefined): Promise<{ object: KubeObject; managedFieldsKept: boolean }>;
  /** Create the object when it does not exist. */
  createIfMissing: boolean;
  /**
   * A write that loses a race is made again on the newer object, even though the transformed one carries a resource
   * version: that of the object it was made from. For patches; a version that the patch itself names is still checked.
   */
  retriesLostRaces?: boolean;
}

const maxAttempts = 50;
const modifiedMessage = 'the object has been modified; please apply your changes to the latest version and try again';

/** PUT, PATCH and apply, and every write of a subresource. Patching and admission run again when the write loses a race. */
export async function updateObject(
  registry: Registry,
  request: ObjectRequest,
  step: UpdateStep,
  options: WriteOptions,
): Promise<{ stored: StoredObject; created: boolean }> {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const kv = await registry.storage.get(keyOf(request, request.name)).catch((error: unknown) => {
      throw toStatusError(error);
    });
    if (kv === undefined) {
      if (!step.createIfMissing) throw notFound(groupResourceOf(request.resource), request.name);
      const { object } = await step.transform(undefined);
      return { stored: await createObject(registry, request, object, options), created: true };
    }
    const stored = await tryUpdate(registry, { request, kv, options }, step);
    if (stored !== undefined) return { stored, created: false };
  }
  throw tooManyRequests(`${request.name} is being changed too often, please try again later`, 1);
}

/** Undefined when somebody else was faster and nothing forbids another try. */
async function tryUpdate(
  registry: Registry,
  { request, kv, options }: Pick<Attempt, 'request' | 'kv' | 'options'>,
  step: UpdateStep,
): Promise<StoredObject | undefined> {
  const { resource, version, access } = request;
  const old = decodeObject(kv);
  const { object: wanted, managedFieldsKept } = await step.transform(copyInVersion(resource, old, version));
  checkPreconditions(request, wanted, old);
  servedVersion(resource, version).compiled.applyDefaults(wanted as never);
  const hasVersion = version === resource.declaration.storageVersion;
  const updated = hasVersion ? wanted : resource.convert(wanted, resource.declaration.storageVersion);
  const unconditional = step.retriesLostRaces === true || !wanted.metadata.resourceVersion;
  if (old.metadata.resourceVersion !== undefined) updated.metadata.resourceVersion ||= old.metadata.resourceVersion;

  const context = strategyContext(registry, request, options.dryRun);
  const attempt: Attempt = { request, kv, old, updated, options, context };
  keepServerMetadata(updated.metadata, old.metadata);
  stampCluster(updated.metadata, access);
  restrictToSubresource(attempt);
  await options.admit(updated, old);
  stampCluster(updated.metadata, access);
  checkUpdated(attempt);
  for (const text of resource.strategy.warnings?.(updated, old) ?? []) options.warn(text);
  countGeneration(request, updated, old);
  if (!managedFieldsKept) trackUpdate(attempt);

  const done =
    updated.metadata.deletionTimestamp !== undefined && mayDisappear(resource.strategy.mayDisappear, updated);
  if (!done && sameObject(updated, old)) return { kv, object: old };
  return writeUpdated(registry, attempt, { done, unconditional });
}

function copyInVersion(resource: ServedResource, object: KubeObject, version: string): KubeObject {
  return version === resource.declaration.storageVersion ? deepCopy(object) : inVersion(resource, object, version);
}

function checkPreconditions(request: ObjectRequest, wanted: KubeObject, old: KubeObject): void {
  const { resourceVersion, uid } = wanted.metadata;
  const gr = groupResourceOf(request.resource);
  if (uid !== undefined && uid !== '' && uid !== old.metadata.uid) {
    throw conflict(
      gr,
      request.name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`,
    );
  }
  if (!resourceVersion && request.resource.strategy.allowUnconditionalUpdate === false) {
    throw conflict(gr, request.name, 'metadata.resourceVersion: must be specified for an update');
  }
  if (resourceVersion && resourceVersion !== old.metadata.resourceVersion)
    throw conflict(gr, request.name, modifiedMessage);
}

/** What the main resource may not touch is restored from the old object, and the other way round for `/status`. */
function restrictToSubresource({ request, updated, old, options: { subresource }, context }: Attempt): void {
  const { strategy } = request.resource;
  const hasStatus = servedVersion(request.resource, request.version).declaration.subresources.status === true;
  if (subresource === 'status') {
    const { status, metadata } = updated;
    for (const field of Object.keys(updated)) delete updated[field];
    Object.assign(updated, deepCopy(old));
    if (metadata.managedFields !== undefined) updated.metadata.managedFields = metadata.managedFields;
    if (metadata.resourceVersion !== undefined) updated.metadata.resourceVersion = metadata.resourceVersion;
    if (status === undefined) delete updated.status;
    else updated.status = status;
    strategy.prepareForStatusUpdate?.(updated, old, context);
    return;
  }
  if (hasStatus && subresource === '') {
    if (old.status === undefined) delete updated.status;
    else updated.status = deepCopy(old.status);
  }
  strategy.prepareForUpdate?.(updated, old, context);
}

function checkUpdated({ request, updated, old, options, context }: Attempt): void {
  const { resource } = request;
  checkChangedObject(resource, resource.declaration.storageVersion, updated, old);
  const { strategy } = resource;
  const errors =
    options.subresource === 'status'
      ? strategy.validateStatusUpdate?.(updated, old, context)
      : strategy.validateUpdate?.(updated, old, context);
  checkStrategy(resource, updated, errors);
}

function countGeneration(request: ObjectRequest, updated: KubeObject, old: KubeObject): void {
  if (request.resource.strategy.tracksGeneration === false) return;
  const hasStatus = servedVersion(request.resource, request.version).declaration.subresources.status === true;
  const generation = old.metadata.generation ?? 1;
  const same = deepEqual(desiredStateOf(updated, hasStatus), desiredStateOf(old, hasStatus));
  updated.metadata.generation = same ? generation : generation + 1;
}

function trackUpdate({ request, updated, old, options, context: { now } }: Attempt): void {
  const { resource, version } = request;
  const managed = updateManagedFields({
    live: withoutClusterAnnotation(inVersion(resource, old, version)),
    updated: withoutClusterAnnotation(inVersion(resource, updated, version)),
    manager: options.fieldManager,
    schema: servedVersion(resource, version).fullSchema,
    version: apiVersionText(request),
    subresource: options.subresource,
    now,
    resetFields:
      resource.strategy.resetFields?.(options.subresource) ?? defaultResetFields(request, options.subresource),
  });
  if (managed.length === 0) delete updated.metadata.managedFields;
  else updated.metadata.managedFields = managed;
}

function mayDisappear(rule: ((object: KubeObject) => boolean) | undefined, object: KubeObject): boolean {
  return (object.metadata.finalizers?.length ?? 0) === 0 && (rule?.(object) ?? true);
}

/** A write that changes nothing keeps its revision, as in Kubernetes: no event, no new resourceVersion. */
function sameObject(updated: KubeObject, old: KubeObject): boolean {
  const { resourceVersion: _u, managedFields: mu, ...updatedMeta } = updated.metadata;
  const { resourceVersion: _o, managedFields: mo, ...oldMeta } = old.metadata;
  return deepEqual({ ...updated, metadata: updatedMeta }, { ...old, metadata: oldMeta }) && sameManagers(mu, mo);
}

function sameManagers(a: KubeObject['metadata']['managedFields'], b: KubeObject['metadata']['managedFields']): boolean {
  const timeless = (entries: typeof a) => (entries ?? []).map(({ time: _, ...entry }) => entry);
  return deepEqual(timeless(a), timeless(b));
}

/** One attempt at a write: the object as it stands, and as it is going to be, in the storage version. */
interface Attempt {
  request: ObjectRequest;
  kv: KeyValue;
  old: KubeObject;
  updated: KubeObject;
  options: WriteOptions;
  context: StrategyContext;
}

interface WriteInput {
  /** The last finalizer is gone: the object disappears with this write. */
  done: boolean;
  /** The client did not say which version it had seen: a lost race is tried again. */
  unconditional: boolean;
}

async function writeUpdated(
  registry: Registry,
  { request, kv, old, updated, options: { dryRun } }: Attempt,
  input: WriteInput,
): Promise<StoredObject | undefined> {
  const { resource, access } = request;
  const object = inStoredOrder(updated);
  const value = encodeObject(object);
  checkSize(registry, value);
  if (dryRun) return { kv: { ...kv, value }, object };
  const operations: Operation[] = [];
  if (input.done) {
    operations.push({ type: 'delete', key: kv.key }, ...markIfOwner(resource, access.cluster, object));
  } else {
    const seconds = resource.strategy.timeToLiveSeconds?.(object);
    operations.push({
      type: 'put',
      key: kv.key,
      value,
      indexes: indexEntries(registry, resource, access.cluster, object),
      ...(seconds === undefined ? {} : { lease: await registry.leases.leaseFor(seconds) }),
    });
    operations.push(...markNewOwners(access.cluster, object, old));
  }
  try {
    const result = await registry.storage.transact({
      compares: [{ key: kv.key, modRevision: kv.modRevision }],
      operations,
    });
    if (!result.succeeded) {
      if (input.unconditional) return undefined;
      throw conflict(groupResourceOf(resource), request.name, modifiedMessage);
    }
    const revision = result.revisions[0] as KeyValue['modRevision'];
    object.metadata.resourceVersion = String(revision);
    return { kv: { ...kv, value, modRevision: revision }, object };
  } catch (error) {
    throw toStatusError(error);
  }
}
