import type { KubeObject } from '@canopy/apimachinery';
import {
  type ApiSurface,
  type ClusterAccess,
  decodeObject,
  foregroundFinalizer,
  markIfOwner,
  orphanFinalizer,
  type Registry,
  type ServedResource,
} from '@canopy/apiserver';
import { type Compare, type KeyValue, type Operation, parseObjectKey, type RangeResult } from '@canopy/storage';
import { itemsAtOnce } from './items-at-once.ts';
import { removeObject, servedAt } from './object-writer.ts';

/** An object that stays for now: it is marked, and its finalizers belong to others. */
export interface HeldObject {
  /** `widgets.example.com`, or `configmaps`. */
  resource: string;
  object: KubeObject;
}

export interface BulkRemovalOptions {
  registry: Registry;
  surface: ApiSurface;
  access: ClusterAccess;
  /** Leave marks for dependents of what disappears; needless where the dependents go as well. */
  marks: boolean;
  /** Finalizers besides those of garbage collection that do not hold anything here. */
  ignoredFinalizers?: ReadonlySet<string>;
}

const finalizersText = Buffer.from('"finalizers":[');
const collectorFinalizers: ReadonlySet<string> = new Set([foregroundFinalizer, orphanFinalizer]);

const page = 500;

/** {@link removeInBulk} for all objects below a prefix, page by page. */
export async function removeAllBelow(options: BulkRemovalOptions, prefix: string): Promise<HeldObject[]> {
  const held: HeldObject[] = [];
  let after: string | undefined;
  for (;;) {
    const found: RangeResult = await options.registry.storage.range(prefix, {
      limit: page,
      ...(after === undefined ? {} : { after }),
    });
    if (found.items.length > 0) held.push(...(await removeInBulk(options, found.items)));
    if (!found.more) return held;
    after = found.items[found.items.length - 1]?.key;
  }
}

/** Deletes many objects in a transaction where nothing holds them, one by one where something does. Resolves to those that stay. */
export async function removeInBulk(options: BulkRemovalOptions, items: readonly KeyValue[]): Promise<HeldObject[]> {
  const atOnce = itemsAtOnce(options.registry.storage, items.length, options.marks ? 2 : 1);
  const held: HeldObject[] = [];
  for (let i = 0; i < items.length; i += atOnce)
    held.push(...(await removeTogether(options, items.slice(i, i + atOnce))));
  return held;
}

async function removeTogether(options: BulkRemovalOptions, items: readonly KeyValue[]): Promise<HeldObject[]> {
  const compares: Compare[] = [];
  const operations: Operation[] = [];
  const marks: Operation[] = [];
  const held: HeldObject[] = [];
  for (const kv of items) {
    const found = classify(options, kv);
    if (found.kind === 'held') {
      const left = await hold(options, found);
      if (left !== undefined) held.push(left);
      continue;
    }
    compares.push({ key: kv.key, modRevision: kv.modRevision });
    operations.push({ type: 'delete', key: kv.key });
    if (!options.marks || found.resource === undefined) continue;
    marks.push(...markIfOwner(found.resource, options.access.cluster, decodeObject(kv)));
  }
  await commitLeniently(options.registry, compares, operations, marks);
  return held;
}

type Class =
  | { kind: 'free'; resource: ServedResource | undefined }
  | { kind: 'held'; resource: ServedResource; object: KubeObject };

/** What nobody serves any more cannot be held by anybody either. */
function classify(options: BulkRemovalOptions, kv: KeyValue): Class {
  const at = parseObjectKey(kv.key);
  const resource = at === undefined ? undefined : servedAt(options.surface, at);
  if (resource === undefined) return { kind: 'free', resource };
  const bytes = Buffer.from(kv.value.buffer, kv.value.byteOffset, kv.value.byteLength);
  if (!bytes.includes(finalizersText) && resource.strategy.beginDeletion === undefined)
    return { kind: 'free', resource };
  const object = decodeObject(kv);
  const holding = heldBy(object, options.ignoredFinalizers);
  if (holding.length === 0 && resource.strategy.beginDeletion === undefined) return { kind: 'free', resource };
  return { kind: 'held', resource, object };
}

export function heldBy(object: KubeObject, ignored: ReadonlySet<string> | undefined): string[] {
  return (object.metadata.finalizers ?? []).filter(
    (finalizer) => !collectorFinalizers.has(finalizer) && ignored?.has(finalizer) !== true,
  );
}

async function hold(
  options: BulkRemovalOptions,
  found: { resource: ServedResource; object: KubeObject },
): Promise<HeldObject | undefined> {
  const { resource, object } = found;
  const { group, names } = resource.declaration;
  const left: HeldObject = { resource: group === '' ? names.plural : `${names.plural}.${group}`, object };
  if (object.metadata.deletionTimestamp !== undefined) return left;
  const { namespace, name = '', uid } = object.metadata;
  const deletion = await removeObject(options.registry, { resource, access: options.access, namespace, name }, { uid });
  return deletion?.gone === false ? left : undefined;
}

/** One transaction; what somebody else has changed meanwhile is left for the next look. */
async function commitLeniently(
  registry: Registry,
  compares: Compare[],
  operations: Operation[],
  marks: Operation[],
): Promise<void> {
  let [left, doing] = [compares, operations];
  while (doing.length > 0) {
    const transaction = { compares: left, operations: [...doing, ...marks], background: true };
    const result = await registry.storage.transact(transaction);
    if (result.succeeded) return;
    const { key } = result.failed;
    left = left.filter((compare) => compare.key !== key);
    doing = doing.filter((operation) => operation.key !== key);
  }
}
