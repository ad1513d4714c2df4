import type { KubeObject } from '@canopy/apimachinery';
import { deletingIndex, indexEntries, parseLogicalClusterName, type ServedResource } from '@canopy/apiserver';
import { ChangeHub, type IndexRules, MemoryStorage, type ObjectLocation } from '@canopy/storage';
import { wireKcpWorld } from '../wire/kcp-world.ts';

/**
 * The rules by which a running server indexes its objects, from the same strategies. What a strategy asks the store for,
 * it asks when objects are written and never for an index row, so an empty store serves.
 */
export async function serverIndexRules(): Promise<IndexRules> {
  const storage = new MemoryStorage();
  const hub = await ChangeHub.start(storage, { maxChanges: 1, maxBytes: 1 });
  const { native, registry } = wireKcpWorld(storage, hub, {
    name: 'root',
    externalUrl: '',
    virtualWorkspaceUrl: '',
    rootCa: '',
    matches: () => false,
  });
  hub.close();
  const byStorage = new Map<string, ServedResource[]>();
  for (const resource of [...native.everywhere, ...[...native.byRootExport.values()].flat()]) {
    const name = storedName(resource.storedAs);
    byStorage.set(name, [...(byStorage.get(name) ?? []), resource]);
  }
  return (at, object) => {
    const cluster = parseLogicalClusterName(at.cluster);
    if (cluster === undefined) return undefined;
    const served = at.identity === undefined ? (byStorage.get(storedName(at)) ?? []) : [];
    const [resource = custom(at)] = served;
    const entries = indexEntries(registry, resource, cluster, object as KubeObject);
    // Of two APIs over one storage, either may have marked the object as being deleted, each with its own name.
    return served.length > 1
      ? { entries: entries.filter(({ index }) => index !== deletingIndex), complete: false }
      : { entries, complete: true };
  };
}

function storedName({ group, resource }: { group: string; resource: string }): string {
  return `${group}/${resource}`;
}

/** Resources of CRDs and bindings have the general index rows and none of their own. */
function custom(at: ObjectLocation): Parameters<typeof indexEntries>[1] {
  return { declaration: { group: at.group, names: { plural: at.resource } }, strategy: {} };
}
