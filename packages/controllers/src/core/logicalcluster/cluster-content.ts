import type { KubeObject } from '@canopy/apimachinery';
import { cleanupFinalizer } from '@canopy/apiextensions';
import { clusterIndex, decodeObject } from '@canopy/apiserver';
import { namespaceFinalizer } from '@canopy/controlplane';
import { bindingFinalizer } from '@canopy/kcp';
import { type KeyValue, objectPrefix, parseObjectKey, type RangeResult } from '@canopy/storage';
import { heldBy, type HeldObject, removeInBulk } from '../../runtime/bulk-removal.ts';
import type { ClusterView, ControllerDeps } from '../../runtime/controller-deps.ts';
import { removeObject, servedAt } from '../../runtime/object-writer.ts';

/** What a cluster that is being deleted still has. */
export interface ClusterContent {
  /** Nothing holds these: they may go at any time. Those beyond {@link heldBack} are gone already. */
  free: KeyValue[];
  /** What others hold. */
  held: HeldObject[];
  /** What the rest of the content needs while it is there: namespaces, definitions, bindings, RBAC. */
  last: KeyValue[];
}

const page = 1000;
/** As many objects are kept for the transaction that ends the cluster, so that a small cluster goes all at once. */
export const heldBack = 2000;

const workspacesPrefix = '/r/tenancy.kcp.io/workspaces/';
const logicalClustersPrefix = '/r/core.kcp.io/logicalclusters/';
const lastPrefixes = [
  '/r/apiextensions.k8s.io/customresourcedefinitions/',
  '/r/apis.kcp.io/apibindings/',
  '/r/core/namespaces/',
  '/r/rbac.authorization.k8s.io/clusterrolebindings/',
  '/r/rbac.authorization.k8s.io/clusterroles/',
];

/** Walks the objects of a cluster along the index and deletes as it goes. Child workspaces are left to {@link markChildren}. */
export async function deleteContent(deps: ControllerDeps, view: ClusterView): Promise<ClusterContent> {
  const { registry } = deps;
  const content: ClusterContent = { free: [], held: [], last: [] };
  const children = objectPrefix({ group: 'tenancy.kcp.io', resource: 'workspaces', cluster: view.cluster });
  const options = { registry, surface: view.surface, access: view.access, marks: false };
  let after: string | undefined;
  for (;;) {
    const found: RangeResult = await registry.storage.rangeIndex(clusterIndex, view.cluster, { limit: page, ...(after === undefined ? {} : { after }) });
    let jump: string | undefined;
    for (const kv of found.items) {
      if (kv.key.startsWith(workspacesPrefix)) {
        jump = `${children}\uffff`;
        continue;
      }
      if (kv.key.startsWith(logicalClustersPrefix)) continue;
      if (lastPrefixes.some((prefix) => kv.key.startsWith(prefix))) content.last.push(kv);
      else content.free.push(kv);
    }
    if (found.more || content.free.length > heldBack) content.held.push(...(await removeInBulk(options, content.free.splice(0))));
    if (!found.more) break;
    const lastKey = found.items[found.items.length - 1]?.key;
    after = lastKey?.startsWith(workspacesPrefix) ? jump : lastKey;
  }
  await keepFree(deps, view, content);
  return content;
}

/** Of what was kept for the end, what somebody holds is marked and waited for. */
async function keepFree({ registry }: ControllerDeps, view: ClusterView, content: ClusterContent): Promise<void> {
  const held = content.free.filter((kv) => mayBeHeld(view, kv));
  if (held.length === 0) return;
  const keys = new Set(held.map(({ key }) => key));
  content.free = content.free.filter(({ key }) => !keys.has(key));
  content.held.push(...(await removeInBulk({ registry, surface: view.surface, access: view.access, marks: false }, held)));
}

const finalizersText = Buffer.from('"finalizers":[');

function mayBeHeld(view: ClusterView, kv: KeyValue): boolean {
  const bytes = Buffer.from(kv.value.buffer, kv.value.byteOffset, kv.value.byteLength);
  if (!bytes.includes(finalizersText)) return false;
  const at = parseObjectKey(kv.key);
  return at !== undefined && servedAt(view.surface, at) !== undefined;
}

const ownFinalizers: ReadonlySet<string> = new Set([bindingFinalizer, cleanupFinalizer]);

/** Of what goes last: what others hold. It is marked, so that whoever holds it lets go. */
export async function heldLast(deps: ControllerDeps, view: ClusterView, items: readonly KeyValue[]): Promise<HeldObject[]> {
  const held: HeldObject[] = [];
  for (const kv of items) {
    if (!mayBeHeld(view, kv)) continue;
    const object = decodeObject(kv);
    if (heldBy(object, ownFinalizers).length === 0 && !hasForeignFinalizer(object)) continue;
    const at = parseObjectKey(kv.key);
    const resource = at === undefined ? undefined : servedAt(view.surface, at);
    if (at === undefined || resource === undefined) continue;
    held.push({ resource: at.group === '' ? at.resource : `${at.resource}.${at.group}`, object });
    if (object.metadata.deletionTimestamp !== undefined) continue;
    await removeObject(deps.registry, { resource, access: view.access, name: at.name }, { uid: object.metadata.uid });
  }
  return held;
}

/** Namespaces are held by the finalizers of their spec as well. */
function hasForeignFinalizer(object: KubeObject): boolean {
  if (object.kind !== 'Namespace') return false;
  const finalizers = (object.spec as { finalizers?: string[] } | undefined)?.finalizers ?? [];
  return finalizers.some((name) => name !== namespaceFinalizer);
}
