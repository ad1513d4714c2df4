import { createHash } from 'node:crypto';
import type { KubeObject } from '@canopy/apimachinery';
import { type GarbageMark, putNewObject, timestamp } from '@canopy/apiserver';
import { eventLifetimeSeconds } from '@canopy/controlplane';
import type { ClusterView, ControllerDeps } from '../runtime/controller-deps.ts';
import type { ObjectPlace } from '../runtime/object-writer.ts';

/** Tells that a cluster-scoped object names a namespaced owner, which is not possible: reason `OwnerRefInvalidNamespace`. */
export async function reportInvalidOwner(
  deps: ControllerDeps,
  view: ClusterView,
  { place, object, mark }: { place: ObjectPlace; object: KubeObject; mark: GarbageMark },
): Promise<void> {
  const { registry, world } = deps;
  const now = timestamp(registry.clock);
  const { uid, resourceVersion } = object.metadata;
  const suffix = createHash('sha256').update(`${uid}/${mark.uid}`).digest('hex').slice(0, 16);
  const event: KubeObject = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${place.name}.${suffix}`, namespace: 'default' },
    involvedObject: { apiVersion: object.apiVersion, kind: object.kind, name: place.name, uid, resourceVersion },
    reason: 'OwnerRefInvalidNamespace',
    message: `ownerRef [${mark.apiVersion}/${mark.kind}, namespace: , name: ${mark.name}, uid: ${mark.uid}] does not exist in namespace ""`,
    type: 'Warning',
    count: 1,
    firstTimestamp: now,
    lastTimestamp: now,
    source: { component: 'garbage-collector-controller' },
    reportingComponent: 'garbage-collector-controller',
  };
  const put = putNewObject(registry, world.native.find('', 'events'), view.access, event);
  if (put.type !== 'put') return;
  const lease = await registry.leases.leaseFor(eventLifetimeSeconds);
  await registry.storage.transact({ compares: [{ key: put.key, modRevision: 0 }], operations: [{ ...put, lease }] });
}
