import type { KubeObject } from '@canopy/apimachinery';
import type { ApiSurface, ServedResource } from '@canopy/apiserver';
import { namespaceFinalizer } from '@canopy/controlplane';
import { objectPrefix } from '@canopy/storage';
import { type HeldObject, removeAllBelow } from '../../runtime/bulk-removal.ts';
import { type ClusterView, type ControllerDeps, clusterView } from '../../runtime/controller-deps.ts';
import { changeObject } from '../../runtime/object-writer.ts';
import { namespaceConditions } from './namespace-conditions.ts';

interface NamespaceParts {
  spec?: { finalizers?: string[] };
  status?: { phase?: string; conditions?: { type: string; status: string; lastTransitionTime?: string }[] };
}

/** `done`: nothing is left to do here; `waiting`: content is left that others hold. */
export type NamespaceOutcome = 'done' | 'waiting';

/**
 * Deletes all that a marked namespace contains, then takes the finalizer `kubernetes` out of its spec, with which it
 * disappears. Content that others hold is told by the conditions that Kubernetes has for it.
 */
export async function reconcileNamespace(
  deps: ControllerDeps,
  at: { cluster: string; name: string },
  namespace: KubeObject,
): Promise<NamespaceOutcome> {
  if (namespace.metadata.deletionTimestamp === undefined) return 'done';
  const finalizers = (namespace as NamespaceParts).spec?.finalizers ?? [];
  if (!finalizers.includes(namespaceFinalizer)) return 'done';
  const view = await clusterView(deps, at.cluster);
  const held: HeldObject[] = [];
  let failure: string | undefined;
  for (const resource of namespacedResources(view.surface)) {
    try {
      held.push(...(await emptyCollection(deps, view, resource, at.name)));
    } catch (error) {
      failure ??= error instanceof Error ? error.message : String(error);
    }
  }
  const place = { resource: deps.world.native.find('', 'namespaces'), access: view.access, name: at.name };
  const isEmpty = held.length === 0 && failure === undefined;
  await changeObject(deps.registry, place, (object) => {
    if (object.metadata.uid !== namespace.metadata.uid) return false;
    const parts = object as NamespaceParts;
    const conditions = namespaceConditions(held, failure, parts.status?.conditions ?? [], new Date(deps.clock.now()));
    parts.status = { ...parts.status, phase: 'Terminating', conditions };
    if (isEmpty)
      parts.spec = {
        ...parts.spec,
        finalizers: (parts.spec?.finalizers ?? []).filter((name) => name !== namespaceFinalizer),
      };
    return true;
  });
  if (failure !== undefined) throw new Error(`namespace ${at.cluster}/${at.name} could not be emptied: ${failure}`);
  return isEmpty ? 'done' : 'waiting';
}

/** Each store of namespaced objects once. */
export function namespacedResources(surface: ApiSurface): ServedResource[] {
  const seen = new Set<string>();
  return surface.all().filter((resource) => {
    const { declaration, storedAs, identity } = resource;
    if (declaration.scope !== 'Namespaced' || declaration.virtual === true) return false;
    if (storedAs.group !== declaration.group || storedAs.resource !== declaration.names.plural) return false;
    const key = `${storedAs.group}/${storedAs.resource}:${identity}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

async function emptyCollection(
  deps: ControllerDeps,
  view: ClusterView,
  resource: ServedResource,
  namespace: string,
): Promise<HeldObject[]> {
  const { registry } = deps;
  const prefix = objectPrefix({ ...resource.storedAs, identity: resource.identity, cluster: view.cluster, namespace });
  return removeAllBelow({ registry, surface: view.surface, access: view.access, marks: false }, prefix);
}
