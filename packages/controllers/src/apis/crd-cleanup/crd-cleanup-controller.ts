import { decodeObject, logicalClusterName, mintClusterAccess, putObject } from '@canopy/apiserver';
import { boundCrdsCluster, boundSchemaIndex, crdKey, groups, schemasOfIndexValue } from '@canopy/kcp';
import { type KeyValue, objectPrefix, type RangeResult, type Storage } from '@canopy/storage';
import type { Controller } from '../../runtime/controller.ts';
import type { ControllerDeps } from '../../runtime/controller-deps.ts';

/** A definition is kept this long: a binding may have been made with it that is not recorded yet. */
export const leastAgeMs = 30 * 60_000;
const settleMs = 60_000;
const bindingsPrefix = objectPrefix({ group: groups.apis, resource: 'apibindings' });
const page = 500;
const onlyKey = 'bound-crds';

/**
 * Removes definitions of bound schemas that no binding uses any more. One key stands for all of them: there are as many
 * as there are schemas in use, whatever the number of bindings.
 */
export function crdCleanupController(deps: ControllerDeps): Controller {
  return {
    name: 'apis/crd-cleanup',
    watches: ['apis.kcp.io/apibindings', 'core.kcp.io/logicalclusters'],
    concurrency: 1,
    keysOf(change, add) {
      if (change.type === 'delete' || (change.previousRevision !== 0 && change.key.startsWith(bindingsPrefix)))
        add(onlyKey, settleMs);
    },
    scan: (sink) => sink(onlyKey),
    reconcile: () => removeUnused(deps),
  };
}

/** Milliseconds until the next unused definition is old enough; undefined when there is none. */
export async function removeUnused(deps: ControllerDeps): Promise<number | undefined> {
  const { storage } = deps.registry;
  const prefix = objectPrefix({ group: groups.crd, resource: 'customresourcedefinitions', cluster: boundCrdsCluster });
  const used = await usedSchemas(storage);
  let nextMs: number | undefined;
  let after: string | undefined;
  for (;;) {
    const found: RangeResult = await storage.range(prefix, { limit: page, ...(after === undefined ? {} : { after }) });
    for (const kv of found.items) {
      const waitMs = await removeIfUnused(deps, kv, used);
      if (waitMs !== undefined) nextMs = Math.min(nextMs ?? waitMs, waitMs);
    }
    if (!found.more) return nextMs;
    after = found.items[found.items.length - 1]?.key;
  }
}

/** UIDs of all schemas that a binding has bound. */
async function usedSchemas(storage: Storage): Promise<Set<string>> {
  const used = new Set<string>();
  let after: string | undefined;
  for (;;) {
    const values = await storage.indexValues(boundSchemaIndex, '', {
      limit: page,
      ...(after === undefined ? {} : { after }),
    });
    for (const value of values) for (const uid of schemasOfIndexValue(value)) used.add(uid);
    after = values.at(-1);
    if (after === undefined) return used;
  }
}

async function removeIfUnused(
  { registry, world, clock }: ControllerDeps,
  kv: KeyValue,
  used: ReadonlySet<string>,
): Promise<number | undefined> {
  const { storage } = registry;
  const { name = '', creationTimestamp } = decodeObject(kv).metadata;
  if (used.has(name)) return undefined;
  const age = clock.now() - Date.parse(creationTimestamp ?? '');
  // Made in the future, if the time was set back: it has to wait no longer than any other.
  if (age < leastAgeMs) return Math.min(leastAgeMs, leastAgeMs - age);
  const key = crdKey(boundCrdsCluster, name);
  const removed = await storage.transact({
    compares: [{ key, modRevision: kv.modRevision }],
    operations: [{ type: 'delete', key }],
  });
  // A binding was made with it at the same moment: it gets its definition back.
  if (removed.succeeded && (await usedSchemas(storage)).has(name)) {
    const resource = world.native.find(groups.crd, 'customresourcedefinitions');
    const put = putObject(
      registry,
      resource,
      mintClusterAccess(logicalClusterName(boundCrdsCluster)),
      decodeObject(kv),
    );
    await storage.transact({ compares: [{ key, modRevision: 0 }], operations: [put] });
  }
  return undefined;
}
