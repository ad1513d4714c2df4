import { cleanupFinalizer } from '@canopy/apiextensions';
import type { KubeObject } from '@canopy/apimachinery';
import { type ClusterAccess, clusterIndex, decodeObject, type LogicalClusterName } from '@canopy/apiserver';
import { namespaceFinalizer } from '@canopy/controlplane';
import { bindingFinalizer } from '@canopy/kcp';
import { type KeyValue, objectPrefix, parseObjectKey, type RangeResult } from '@canopy/storage';
import { type HeldObject, heldBy, removeInBulk } from '../../runtime/bulk-removal.ts';
import type { ClusterView, ControllerDeps } from '../../runtime/controller-deps.ts';
import { clustersPrefix } from '../../runtime/ended-clusters.ts';
import { removeObject, servedAt } from '../../runtime/object-writer.ts';

/** What a cluster that is being deleted still has. */
export interface ClusterContent {
  /** Nothing holds these: they may go at any time. Those beyond {@link heldBack} are gone already. */
  free: KeyValue[];
  /** What others hold. */
  held: HeldObject[];
  /** What the rest of the content needs while it is there: namespaces, definitions, bindings, RBAC. */
  last: KeyValue[];
  hasChildren: boolean;
}

const page = 100;
/** As many objects are kept for the transaction that ends the cluster, so that a small cluster goes all at once. */
export const heldBack = 400;

const workspacesPrefix = '/r/tenancy.kcp.io/workspaces/';
const lastPrefixes = [
  '/r/apiextensions.k8s.io/customresourcedefinitions/',
  '/r/apis.kcp.io/apibindings/',
  '/r/core/namespaces/',
  '/r/rbac.authorization.k8s.io/clusterrolebindings/',
  '/r/rbac.authorization.k8s.io/clusterroles/',
];

/** A cluster whose API is only looked up when an object must be asked for that something may hold. */
export interface EndingCluster {
  cluster: LogicalClusterName;
  access: ClusterAccess;
  view(): Promise<ClusterView>;
}

/** Walks the objects of a cluster along the index and deletes as it goes. Child workspaces are left to `markChildren`. */
export async function deleteContent(deps: ControllerDeps, ending: EndingCluster): Promise<ClusterContent> {
  const { registry } = deps;
  const content: ClusterContent = { free: [], held: [], last: [], hasChildren: false };
  const children = objectPrefix({ group: 'tenancy.kcp.io', resource: 'workspaces', cluster: ending.cluster });
  let after: string | undefined;
  for (;;) {
    const found: RangeResult = await registry.storage.rangeIndex(clusterIndex, ending.cluster, {
      limit: page,
      ...(after === undefined ? {} : { after }),
    });
    let jump: string | undefined;
    for (const kv of found.items) {
      if (kv.key.startsWith(workspacesPrefix)) {
        jump = `${children}\uffff`;
        content.hasChildren = true;
        continue;
      }
      if (kv.key.startsWith(clustersPrefix)) continue;
      if (lastPrefixes.some((prefix) => kv.key.startsWith(prefix))) content.last.push(kv);
      else content.free.push(kv);
    }
    if (found.more || content.free.length > heldBack)
      content.held.push(...(await removeFree(deps, ending, content.free.splice(0))));
    if (!found.more) break;
    const lastKey = found.items[found.items.length - 1]?.key;
    after = lastKey?.startsWith(workspacesPrefix) ? jump : lastKey;
    await deps.turns.next();
  }
  await keepFree(deps, ending, content);
  return content;
}

/** Deletes what nothing holds; resolves to what turned out to be held. */
export async function removeFree(
  { registry, turns }: ControllerDeps,
  ending: EndingCluster,
  items: readonly KeyValue[],
): Promise<HeldObject[]> {
  await turns.next();
  const { surface, access } = await ending.view();
  return removeInBulk({ registry, surface, access, marks: false }, items);
}

/** Of what was kept for the end, what somebody holds is marked and waited for. */
async function keepFree(deps: ControllerDeps, ending: EndingCluster, content: ClusterContent): Promise<void> {
  const held = content.free.filter(hasFinalizers);
  if (held.length === 0) return;
  const keys = new Set(held.map(({ key }) => key));
  content.free = content.free.filter(({ key }) => !keys.has(key));
  content.held.push(...(await removeFree(deps, ending, held)));
}

const finalizersText = Buffer.from('"finalizers":[');

/** Bindings have this and, as a rule, nothing else; seen without parsing them. */
const bindingFinalizerText = Buffer.from(`"finalizers":["${bindingFinalizer}"]`);
const namespaceFinalizerText = Buffer.from(`"finalizers":["${namespaceFinalizer}"]`);

function bytesOf({ value }: KeyValue): Buffer {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

function hasFinalizers(kv: KeyValue): boolean {
  return bytesOf(kv).includes(finalizersText);
}

/** Whether every list of finalizers in the object is one of our own. */
function hasOwnFinalizersOnly(kv: KeyValue): boolean {
  const bytes = bytesOf(kv);
  const first = bytes.indexOf(finalizersText);
  if (first === -1) return true;
  const own = kv.key.startsWith('/r/core/namespaces/') ? namespaceFinalizerText : bindingFinalizerText;
  return bytes.indexOf(own) === first && bytes.indexOf(finalizersText, first + 1) === -1;
}

const ownFinalizers: ReadonlySet<string> = new Set([bindingFinalizer, cleanupFinalizer]);

/** Of what goes last: what others hold. It is marked, so that whoever holds it lets go. */
export async function heldLast(
  deps: ControllerDeps,
  ending: EndingCluster,
  items: readonly KeyValue[],
): Promise<HeldObject[]> {
  const held: HeldObject[] = [];
  for (const kv of items) {
    if (hasOwnFinalizersOnly(kv)) continue;
    const object = decodeObject(kv);
    if (heldBy(object, ownFinalizers).length === 0 && !hasForeignFinalizer(object)) continue;
    const at = parseObjectKey(kv.key);
    const resource = at === undefined ? undefined : servedAt((await ending.view()).surface, at);
    if (at === undefined || resource === undefined) continue;
    held.push({ resource: at.group === '' ? at.resource : `${at.resource}.${at.group}`, object });
    if (object.metadata.deletionTimestamp !== undefined) continue;
    await removeObject(deps.registry, { resource, access: ending.access, name: at.name }, { uid: object.metadata.uid });
  }
  return held;
}

/** Namespaces are held by the finalizers of their spec as well. */
function hasForeignFinalizer(object: KubeObject): boolean {
  if (object.kind !== 'Namespace') return false;
  const finalizers = (object.spec as { finalizers?: string[] } | undefined)?.finalizers ?? [];
  return finalizers.some((name) => name !== namespaceFinalizer);
}
