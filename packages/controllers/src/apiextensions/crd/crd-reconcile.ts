import {
  type CrdNames,
  type CrdObject,
  crdGroup,
  crdPlural,
  isEstablished,
  reconcileCrdDeletion,
  settleStatus,
} from '@canopy/apiextensions';
import { deepEqual, type KubeObject, parseApiVersion } from '@canopy/apimachinery';
import { decodeGarbageMark, decodeObject, garbageMarkPrefix, timestamp } from '@canopy/apiserver';
import { type KeyValue, objectPrefix, type RangeResult } from '@canopy/storage';
import { removeAllBelow } from '../../runtime/bulk-removal.ts';
import { type ClusterView, type ControllerDeps, clusterView } from '../../runtime/controller-deps.ts';
import { changeObject, type ObjectPlace, removeObject } from '../../runtime/object-writer.ts';

const page = 500;

function crdPlace(deps: ControllerDeps, view: ClusterView, name: string): ObjectPlace {
  return { resource: deps.world.native.find(crdGroup, crdPlural), access: view.access, name };
}

/** Deletes the objects of a definition that is being deleted, then lets it go. `waiting` while some are left. */
export async function reconcileDeletion(
  deps: ControllerDeps,
  cluster: string,
  crd: CrdObject,
): Promise<'done' | 'waiting'> {
  const { registry } = deps;
  const view = await clusterView(deps, cluster);
  const name = crd.metadata.name ?? '';
  if (crd.metadata.deletionTimestamp !== undefined && isEstablished(crd))
    await removeAllBelow(
      { registry, surface: view.surface, access: view.access, marks: true },
      instancesPrefix(view, crd),
    );
  const served = view.surface.find(crd.spec.group, crd.spec.names.plural);
  const step = await reconcileCrdDeletion(crd, {
    now: () => timestamp(registry.clock),
    listInstances: async () => (await instances(deps, view, crd)).items.map(decodeObject),
    async deleteInstance(_, instance) {
      if (served === undefined) return;
      const { namespace, name: of = '', uid } = instance.metadata;
      await removeObject(registry, { resource: served, access: view.access, namespace, name: of }, { uid });
    },
  });
  if (step.kind === 'none') return 'done';
  if (step.kind === 'release' && (await hasMarksOf(deps, view, crd))) return 'waiting';
  await changeObject(registry, crdPlace(deps, view, name), (object) => {
    if (object.metadata.uid !== crd.metadata.uid) return false;
    const current = object as CrdObject;
    current.status = { ...current.status, conditions: step.conditions };
    if (step.kind === 'release') current.metadata.finalizers = step.finalizers;
    return true;
  });
  return step.kind === 'wait' ? 'waiting' : 'done';
}

function instancesPrefix(view: ClusterView, { spec }: CrdObject): string {
  return objectPrefix({ group: spec.group, resource: spec.names.plural, cluster: view.cluster });
}

function instances(deps: ControllerDeps, view: ClusterView, crd: CrdObject): Promise<RangeResult> {
  return deps.registry.storage.range(instancesPrefix(view, crd), { limit: page });
}

/** Dependents of its objects are judged while their kind is still known. */
async function hasMarksOf(deps: ControllerDeps, view: ClusterView, crd: CrdObject): Promise<boolean> {
  const marks = await deps.registry.storage.range(`${garbageMarkPrefix}${view.cluster}/`, { limit: page });
  return marks.items.some(({ value }: KeyValue) => {
    const mark = decodeGarbageMark(value);
    return mark.kind === crd.spec.names.kind && parseApiVersion(mark.apiVersion)?.group === crd.spec.group;
  });
}

/** Decides anew about the names of definitions of a cluster that did not get what they asked for. */
export async function settleNames(deps: ControllerDeps, cluster: string): Promise<void> {
  const { registry } = deps;
  const { items } = await registry.storage.range(objectPrefix({ group: crdGroup, resource: crdPlural, cluster }));
  const definitions = items.map((kv) => decodeObject(kv) as CrdObject);
  const unsettled = definitions.filter((crd) => crd.metadata.deletionTimestamp === undefined && !hasItsNames(crd));
  if (unsettled.length === 0) return;
  const view = await clusterView(deps, cluster);
  for (const crd of unsettled) {
    const { group } = crd.spec;
    const neighbours = {
      definitions: definitions.filter(({ spec }) => spec.group === group),
      bound: boundNames(view, group),
    };
    await changeObject(registry, crdPlace(deps, view, crd.metadata.name ?? ''), (object: KubeObject) => {
      const current = object as CrdObject;
      const status = settleStatus(current, neighbours, timestamp(registry.clock));
      if (deepEqual(status, current.status)) return false;
      current.status = status;
      crd.status = status;
      return true;
    });
  }
}

function hasItsNames(crd: CrdObject): boolean {
  return crd.status?.conditions?.some(({ type, status }) => type === 'NamesAccepted' && status === 'True') ?? false;
}

function boundNames(view: ClusterView, group: string): CrdNames[] {
  const others = view.surface
    .all()
    .filter(({ declaration, origin }) => declaration.group === group && origin.kind !== 'crd');
  return others.map(({ declaration: { names } }) => ({
    ...names,
    shortNames: [...names.shortNames],
    categories: [...names.categories],
  }));
}
