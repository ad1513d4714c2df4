import { type HistoryRow, parseKey, type StoredObject, type StoreSnapshot } from './store-snapshot.ts';

/** What the transaction that creates a workspace writes into the new logical cluster, besides default bindings. */
export const firstObjects: readonly (readonly [resource: string, namespace: string, name: string])[] = [
  ['core.kcp.io/logicalclusters', '-', 'cluster'],
  ['core/namespaces', '-', 'default'],
  ['core/serviceaccounts', 'default', 'default'],
  ['core/configmaps', 'default', 'kube-root-ca.crt'],
  ['core/namespaces', '-', 'kube-system'],
  ['core/serviceaccounts', 'kube-system', 'default'],
  ['rbac.authorization.k8s.io/clusterrolebindings', '-', 'workspace-admin'],
];

/** New logical clusters in a piece of the log that do not have all objects of their transaction; in words. */
export function tornWorkspaces(history: readonly HistoryRow[]): string[] {
  const added = new Map<string, Set<string>>();
  for (const { key, type } of history) {
    const at = parseKey(key);
    if (type !== 'ADDED' || at === undefined) continue;
    const objects = added.get(at.cluster) ?? new Set<string>();
    added.set(at.cluster, objects.add(`${at.resource} ${at.namespace} ${at.name}`));
  }
  const torn: string[] = [];
  for (const [cluster, objects] of added) {
    const names = firstObjects.map((words) => words.join(' '));
    const present = names.filter((name) => objects.has(name));
    const begun = objects.has(names[0] as string);
    if (begun && present.length < names.length)
      torn.push(`${cluster} lacks ${names.filter((name) => !objects.has(name)).join(', ')}`);
  }
  return torn;
}

interface Audited extends StoredObject {
  key: string;
  object: { metadata?: { deletionTimestamp?: string }; spec?: { cluster?: string }; status?: { phase?: string } };
}

/**
 * What must not be left once controllers have done their work: objects that wait for their deletion, objects of logical
 * clusters or namespaces that do not exist, logical clusters without a workspace, workspaces and bindings that are not
 * ready, garbage marks. In words.
 */
export function unfinished(snapshot: Pick<StoreSnapshot, 'current'>): string[] {
  const left: string[] = [];
  const objects: Audited[] = [];
  for (const { key, value } of snapshot.current()) {
    const at = parseKey(key);
    if (at !== undefined) objects.push({ ...at, key, object: JSON.parse(value) as Audited['object'] });
    else if (key.startsWith('/w/gc/')) left.push(`a garbage mark: ${key}`);
  }
  const of = (resource: string): Audited[] => objects.filter((object) => object.resource === resource);
  const clusters = new Set(of('core.kcp.io/logicalclusters').map(({ cluster }) => cluster));
  const namespaces = new Set(of('core/namespaces').map(({ cluster, name }) => `${cluster}/${name}`));
  const owned = new Set(of('tenancy.kcp.io/workspaces').map(({ object }) => object.spec?.cluster));
  for (const { key, cluster, namespace, object, resource } of objects) {
    if (object.metadata?.deletionTimestamp !== undefined) left.push(`still being deleted: ${key}`);
    if (!cluster.startsWith('system:') && !clusters.has(cluster)) left.push(`without a logical cluster: ${key}`);
    if (namespace !== '-' && namespace !== '' && !namespaces.has(`${cluster}/${namespace}`))
      left.push(`without a namespace: ${key}`);
    if (resource === 'tenancy.kcp.io/workspaces' && object.status?.phase !== 'Ready') left.push(`not Ready: ${key}`);
    if (resource === 'apis.kcp.io/apibindings' && object.status?.phase !== 'Bound') left.push(`not Bound: ${key}`);
  }
  for (const cluster of clusters)
    if (cluster !== 'root' && !cluster.startsWith('system:') && !owned.has(cluster))
      left.push(`a logical cluster without a workspace: ${cluster}`);
  return left;
}
