import { decodeGarbageMark, type GarbageMark, garbageMarkPrefix } from '@canopy/apiserver';
import type { StorageKey } from '@canopy/storage';
import type { Controller, KeySink } from '../runtime/controller.ts';
import { type ControllerDeps, clusterOfKey } from '../runtime/controller-deps.ts';
import { pollDelay, WaitingKeys } from '../runtime/waiting-keys.ts';
import { collect } from './gc-reconcile.ts';

const page = 1000;
const settleMs = 20;
const unservedMs = 60_000;
const servingResources = ['/r/apiextensions.k8s.io/customresourcedefinitions/', '/r/apis.kcp.io/apibindings/'];

/**
 * The garbage collector: works off the marks that writes leave behind. Key: `<cluster>/<owner uid>`. Nothing is kept in
 * memory but the owners whose dependents are on their way out.
 */
export function garbageCollector(deps: ControllerDeps): Controller {
  const { storage } = deps.registry;
  const waiting = new WaitingKeys();
  const since = new Map<string, string>();
  return {
    name: 'gc',
    watches: [garbageMarkPrefix, '*'],
    concurrency: 16,
    keysOf(change, add) {
      if (change.key.startsWith(garbageMarkPrefix)) {
        if (change.type === 'put') add(change.key.slice(garbageMarkPrefix.length));
        return;
      }
      if (waiting.empty) return;
      if (change.type !== 'delete' && !servingResources.some((prefix) => change.key.startsWith(prefix))) return;
      const cluster = clusterOfKey(change.key);
      for (const key of waiting.of(cluster)) add(key, settleMs);
    },
    pending: (sink) => sinkMarks(deps, sink),
    async reconcile(key) {
      const markKey = `${garbageMarkPrefix}${key}` as StorageKey;
      const kv = await storage.get(markKey);
      const cluster = key.slice(0, key.lastIndexOf('/'));
      if (kv === undefined) {
        waiting.release(cluster, key);
        since.delete(key);
        return undefined;
      }
      const mark: GarbageMark = decodeGarbageMark(kv.value);
      const started = since.get(key) ?? new Date(deps.clock.now()).toISOString();
      waiting.wait(cluster, key);
      since.set(key, started);
      const outcome = await collect(deps, mark);
      if (outcome === 'waiting') return pollDelay(deps.clock.now(), started);
      if (outcome === 'unserved') return unservedMs;
      waiting.release(cluster, key);
      since.delete(key);
      const done = await storage.transact({
        compares: [{ key: markKey, modRevision: kv.modRevision }],
        operations: [{ type: 'delete', key: markKey }],
      });
      return done.succeeded ? undefined : 0;
    },
  };
}

async function sinkMarks({ registry }: ControllerDeps, sink: KeySink): Promise<void> {
  let after: string | undefined;
  for (;;) {
    const found = await registry.storage.range(garbageMarkPrefix, {
      limit: page,
      ...(after === undefined ? {} : { after }),
    });
    for (const { key } of found.items) await sink(key.slice(garbageMarkPrefix.length));
    if (!found.more) return;
    after = found.items[found.items.length - 1]?.key;
  }
}
