import { conflict, deepCopy, type KubeObject, notFound, tooManyRequests } from '@canopy/apimachinery';
import type { KeyValue, Operation } from '@canopy/storage';
import { markIfOwner, markOwner } from './garbage-marks.ts';
import { decodeObject, encodeObject } from './object-codec.ts';
import { indexEntries } from './object-indexes.ts';
import {
  groupResourceOf,
  keyOf,
  type ObjectRequest,
  type Registry,
  type StoredObject,
  strategyContext,
} from './registry.ts';
import { toStatusError } from './storage-errors.ts';
import { foregroundFinalizer, orphanFinalizer } from './system-metadata.ts';

export interface DeleteOptions {
  preconditions?: { uid?: string; resourceVersion?: string };
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  dryRun: boolean;
  /** Validating admission; called inside the compare-and-swap loop. */
  admit(old: KubeObject): Promise<void>;
}

export interface Deletion {
  stored: StoredObject;
  /** False: the object is marked and stays until its finalizers are gone. */
  gone: boolean;
}

const maxAttempts = 50;

/** DELETE of one object: gone at once, or marked with a deletionTimestamp when finalizers or its kind hold it back. */
export async function deleteObject(
  registry: Registry,
  request: ObjectRequest,
  options: DeleteOptions,
): Promise<Deletion> {
  try {
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const kv = await registry.storage.get(keyOf(request, request.name));
      if (kv === undefined) throw notFound(groupResourceOf(request.resource), request.name);
      const deletion = await tryDelete(registry, request, kv, options);
      if (deletion !== undefined) return deletion;
    }
  } catch (error) {
    throw toStatusError(error);
  }
  throw tooManyRequests(`${request.name} is being changed too often, please try again later`, 1);
}

async function tryDelete(
  registry: Registry,
  request: ObjectRequest,
  kv: KeyValue,
  options: DeleteOptions,
): Promise<Deletion | undefined> {
  const old = decodeObject(kv);
  checkPreconditions(request, old, options);
  await options.admit(old);
  const object = deepCopy(old);
  const wasMarked = old.metadata.deletionTimestamp !== undefined;
  setPropagationFinalizer(object, options.propagationPolicy);
  const context = strategyContext(registry, request, options.dryRun);
  const held = wasMarked
    ? request.resource.strategy.mayDisappear?.(object) === false
    : (request.resource.strategy.beginDeletion?.(object, context) ?? false);
  const gone = !held && (object.metadata.finalizers?.length ?? 0) === 0;
  if (!gone && wasMarked && sameFinalizers(object, old)) return { stored: { kv, object: old }, gone: false };
  if (!wasMarked) {
    object.metadata.deletionTimestamp = context.now;
    object.metadata.deletionGracePeriodSeconds = 0;
    if (object.metadata.generation !== undefined) object.metadata.generation += 1;
  }
  return write(registry, request, { kv, object, gone, dryRun: options.dryRun });
}

function checkPreconditions(request: ObjectRequest, old: KubeObject, options: DeleteOptions): void {
  const { uid, resourceVersion } = options.preconditions ?? {};
  const gr = groupResourceOf(request.resource);
  if (uid !== undefined && uid !== old.metadata.uid) {
    throw conflict(
      gr,
      request.name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion) {
    throw conflict(
      gr,
      request.name,
      `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${old.metadata.resourceVersion}`,
    );
  }
}

/** Foreground and orphan deletion are finalizers that the garbage collector works off; asking again replaces the choice. */
function setPropagationFinalizer(object: KubeObject, policy: DeleteOptions['propagationPolicy']): void {
  if (policy === undefined) return;
  const others = (object.metadata.finalizers ?? []).filter((f) => f !== foregroundFinalizer && f !== orphanFinalizer);
  if (policy === 'Foreground') others.push(foregroundFinalizer);
  if (policy === 'Orphan') others.push(orphanFinalizer);
  if (others.length === 0) delete object.metadata.finalizers;
  else object.metadata.finalizers = others;
}

function sameFinalizers(a: KubeObject, b: KubeObject): boolean {
  return (a.metadata.finalizers ?? []).join('\n') === (b.metadata.finalizers ?? []).join('\n');
}

function needsCollector(object: KubeObject): boolean {
  const finalizers = object.metadata.finalizers ?? [];
  return finalizers.includes(foregroundFinalizer) || finalizers.includes(orphanFinalizer);
}

async function write(
  registry: Registry,
  request: ObjectRequest,
  change: { kv: KeyValue; object: KubeObject; gone: boolean; dryRun: boolean },
): Promise<Deletion | undefined> {
  const { kv, object, gone } = change;
  const { cluster } = request.access;
  const value = gone ? kv.value : encodeObject(object);
  if (change.dryRun) return { stored: { kv: { ...kv, value }, object }, gone };
  const operations: Operation[] = [];
  if (gone) operations.push({ type: 'delete', key: kv.key });
  else
    operations.push({
      type: 'put',
      key: kv.key,
      value,
      indexes: indexEntries(registry, request.resource, cluster, object),
    });
  if (gone) operations.push(...markIfOwner(request.resource, cluster, object));
  else if (needsCollector(object)) operations.push(markOwner(request.resource, cluster, object));
  const result = await registry.storage.transact({
    compares: [{ key: kv.key, modRevision: kv.modRevision }],
    operations,
  });
  if (!result.succeeded) return undefined;
  const revision = result.revisions[0] as KeyValue['modRevision'];
  object.metadata.resourceVersion = String(revision);
  return { stored: { kv: { ...kv, value, modRevision: revision }, object }, gone };
}
