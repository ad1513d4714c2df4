import type { KubeObject } from '@canopy/apimachinery';
import { type LogicalClusterName, mintClusterAccess, putNewObject, timestamp } from '@canopy/apiserver';
import type { Compare, Operation } from '@canopy/storage';
import { type BindingWorld, planBinding } from '../apis/binding-plan.ts';
import type { CachedExport } from '../apis/export-cache.ts';
import { bindingStatusOf, exportSpecOf } from '../apis/export-model.ts';
import type { NameHolder } from '../apis/naming-conflicts.ts';
import { locksAnnotation, writeLocks } from '../apis/resource-locks.ts';
import { pathAnnotation } from '../logical-cluster/cluster-directory.ts';
import { claimLabelKey, defaultBindingName, exportHash, reflexiveClaimValue } from '../names.ts';
import { fillText, PutTemplate, SlotValues, slot, templateRegistry } from '../templates/put-template.ts';
import type { ResolvedType } from './workspace-types.ts';

/** The logical cluster that gets the bindings. */
export interface BindingsInput {
  cluster: LogicalClusterName;
  /** Canonical path. */
  path: string;
  /** Its type with all it extends, base types first. */
  aliases: readonly ResolvedType[];
}

export interface DefaultBindings {
  operations: Operation[];
  compares: Compare[];
  /** Names of bindings that could not be bound yet. */
  waiting: string[];
}

interface WantedExport {
  path: string;
  name: string;
}

/** What the bindings of a type came out as, and what that depends on. */
interface Rendered {
  wanted: readonly WantedExport[];
  clusters: readonly string[];
  exports: readonly CachedExport[];
  bindings: readonly PutTemplate[];
  /** With slots for the names of bindings. */
  locks: string | undefined;
}

const capacity = 200;
const renderedOf = new WeakMap<BindingWorld, Map<string, Rendered>>();

/**
 * The default bindings of a new logical cluster, with the locks that they take, which `logicalCluster` gets. Of one type
 * they only differ in names, so the outcome for one cluster serves for the next, until an export or its schemas change.
 */
export async function defaultBindings(
  world: BindingWorld,
  input: BindingsInput,
  logicalCluster: KubeObject,
): Promise<DefaultBindings> {
  const wanted = wantedExports(input.aliases);
  if (wanted.length === 0) return { operations: [], compares: [], waiting: [] };
  const cache = renderedOf.get(world) ?? new Map<string, Rendered>();
  renderedOf.set(world, cache);
  const key = JSON.stringify(wanted);
  const rendered = cache.get(key);
  if (rendered !== undefined) {
    if (await isCurrent(world, rendered)) return fill(world, rendered, input, logicalCluster);
    cache.delete(key);
  }
  const names = wanted.map(({ path, name }) => defaultBindingName(input.cluster, path, name));
  const planned = await plan(world, { ...input, wanted, names }, logicalCluster);
  if (planned.waiting.length === 0 && planned.operations.length === wanted.length) {
    if (cache.size >= capacity) cache.clear();
    const fresh = await render(world, wanted);
    if (fresh !== undefined) cache.set(key, fresh);
  }
  return planned;
}

/** Each export once. */
function wantedExports(aliases: readonly ResolvedType[]): WantedExport[] {
  const wanted = new Map<string, WantedExport>();
  for (const alias of aliases) {
    for (const { path, export: name } of alias.spec.defaultAPIBindings ?? []) {
      const of = { path: path || alias.path, name };
      const text = `${of.path}:${name}`;
      if (!wanted.has(text)) wanted.set(text, of);
    }
  }
  return [...wanted.values()];
}

async function isCurrent(world: BindingWorld, rendered: Rendered): Promise<boolean> {
  for (const [i, { path, name }] of rendered.wanted.entries()) {
    const cluster = await world.directory.resolveName(path);
    if (cluster === undefined || cluster !== rendered.clusters[i]) return false;
    const found = await world.exports.find(cluster, name);
    if (found === undefined || found !== rendered.exports[i]) return false;
    if (cluster === 'root' && world.native.byRootExport.has(name)) continue;
    for (const { schema } of found.schemas)
      if (!(await world.exports.isCrdBound(schema?.metadata.uid ?? ''))) return false;
  }
  return true;
}

/** Undefined when it did not come out as plain writes of the bindings, or something changed meanwhile. */
async function render(world: BindingWorld, wanted: readonly WantedExport[]): Promise<Rendered | undefined> {
  const clusters: string[] = [];
  const exports: CachedExport[] = [];
  for (const { path, name } of wanted) {
    const cluster = await world.directory.resolveName(path);
    const found = cluster === undefined ? undefined : await world.exports.find(cluster, name);
    if (cluster === undefined || found === undefined) return undefined;
    clusters.push(cluster);
    exports.push(found);
  }
  const draft: KubeObject = { apiVersion: '', kind: '', metadata: {} };
  const input = {
    cluster: slot('cluster') as LogicalClusterName,
    path: slot('path'),
    wanted,
    names: wanted.map((_, i) => slot(`name${i}`)),
  };
  const planned = await plan({ ...world, registry: templateRegistry(world.registry) }, input, draft);
  if (planned.waiting.length > 0 || planned.operations.length !== wanted.length) return undefined;
  const rendered: Rendered = {
    wanted,
    clusters,
    exports,
    bindings: planned.operations.map((operation) => new PutTemplate(operation)),
    locks: draft.metadata.annotations?.[locksAnnotation],
  };
  return (await isCurrent(world, rendered)) ? rendered : undefined;
}

function fill(
  { registry }: BindingWorld,
  rendered: Rendered,
  { cluster, path }: BindingsInput,
  logicalCluster: KubeObject,
): DefaultBindings {
  const values: Record<string, string> = { cluster, path, now: timestamp(registry.clock) };
  for (const [i, wanted] of rendered.wanted.entries())
    values[`name${i}`] = defaultBindingName(cluster, wanted.path, wanted.name);
  if (rendered.locks !== undefined) {
    const { annotations } = logicalCluster.metadata;
    logicalCluster.metadata.annotations = { ...annotations, [locksAnnotation]: fillText(rendered.locks, values) };
  }
  const slots = new SlotValues(values);
  const operations = rendered.bindings.map((template) => template.fill(slots, registry.ids.uuid()));
  return { operations, compares: [], waiting: [] };
}

async function plan(
  world: BindingWorld,
  input: { cluster: LogicalClusterName; path: string; wanted: readonly WantedExport[]; names: readonly string[] },
  logicalCluster: KubeObject,
): Promise<DefaultBindings> {
  const result: DefaultBindings = { operations: [], compares: [], waiting: [] };
  const access = mintClusterAccess(input.cluster);
  const resource = world.native.find('apis.kcp.io', 'apibindings');
  const holders: NameHolder[] = [];
  for (const [i, { path, name }] of input.wanted.entries()) {
    const binding = await bindingObject(world, { path, name }, input.names[i] as string);
    binding.metadata.annotations = { [pathAnnotation]: input.path };
    const planned = await planBinding(world, {
      binding,
      cluster: input.cluster,
      logicalCluster: { object: logicalCluster, revision: 0 },
      holders,
    });
    if (planned.lockTable !== undefined) writeLocks(logicalCluster, planned.lockTable);
    if (bindingStatusOf(binding).phase !== 'Bound') result.waiting.push(binding.metadata.name ?? '');
    const known = new Set(result.operations.map((operation) => operation.key));
    result.operations.push(...planned.operations.filter((operation) => !known.has(operation.key)));
    result.compares.push(
      ...planned.compares.filter((compare) => !result.compares.some((other) => other.key === compare.key)),
    );
    result.operations.push(putNewObject(world.registry, resource, access, binding));
  }
  return result;
}

/** A binding with all claims of its export accepted, as its type asks for. */
export function defaultBinding(
  world: BindingWorld,
  cluster: LogicalClusterName,
  path: string,
  name: string,
): Promise<KubeObject> {
  return bindingObject(world, { path, name }, defaultBindingName(cluster, path, name));
}

async function bindingObject(
  world: BindingWorld,
  { path, name }: WantedExport,
  bindingName: string,
): Promise<KubeObject> {
  const exportCluster = (await world.directory.resolveName(path)) ?? path;
  const found = await world.exports.find(exportCluster, name);
  const claims = (found === undefined ? [] : (exportSpecOf(found.object).permissionClaims ?? [])).map(
    ({ defaultSelector, ...claim }) => ({
      ...claim,
      state: 'Accepted',
      selector: defaultSelector ?? { matchAll: true },
    }),
  );
  return {
    apiVersion: 'apis.kcp.io/v1alpha2',
    kind: 'APIBinding',
    metadata: {
      name: bindingName,
      labels: {
        'internal.apis.kcp.io/export': exportHash(exportCluster, name),
        [claimLabelKey(exportCluster, name)]: reflexiveClaimValue,
      },
      finalizers: ['apis.kcp.io/apibinding-finalizer'],
    },
    spec: {
      reference: { export: { path, name } },
      ...(claims.length > 0 ? { permissionClaims: claims } : {}),
    },
  };
}
