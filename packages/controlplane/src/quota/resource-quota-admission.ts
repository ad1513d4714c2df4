import { forbidden, type KubeObject, Quantity, tooManyRequests } from '@canopy/apimachinery';
import {
  type AdmissionPlugin,
  type AdmissionRequest,
  type ClusterAccess,
  decodeObject,
  groupResourceOf,
  putObject,
  type Registry,
  type ServedResource,
} from '@canopy/apiserver';
import { type Compare, type KeyValue, type Operation, objectPrefix } from '@canopy/storage';
import { QuotaPresence } from './quota-presence.ts';
import { countedKeys, isClusterScopedQuota, type QuotaObject, quotaNamespace } from './quota-scope.ts';

export interface ResourceQuotaOptions {
  registry: Registry;
  /** `/resourcequotas`, whose status holds the reservations. */
  quotas: ServedResource;
}

interface Reservation {
  kv: KeyValue;
  quota: QuotaObject;
  /** Keys of `spec.hard` that the new object counts for. */
  keys: readonly string[];
}

const maxAttempts = 100;

const ignored: ReadonlySet<string> = new Set(['/events', 'events.k8s.io/events', 'core.kcp.io/logicalclusters']);

/**
 * Object-count quotas, kcp's `KCPKubeResourceQuota`. An object is counted before it is created: its place is reserved in
 * `status.used` by compare-and-swap, so that no two creations get the last place. When the creation fails afterwards the
 * reservation stays until usage is counted again (`recountQuota`), as in Kubernetes; it never lets too many in.
 */
export function resourceQuota(options: ResourceQuotaOptions): AdmissionPlugin {
  const presence = new QuotaPresence(options.registry);
  return {
    name: 'KCPKubeResourceQuota',
    handles: isCounted,
    validate(request) {
      const { cluster } = request.access;
      const isFree = (namespace: string): boolean => presence.isAbsent(cluster, namespace);
      if (isFree(quotaNamespace) && isFree(request.namespace ?? quotaNamespace)) return;
      return reservePlace(request, options, presence);
    },
  };
}

async function reservePlace(
  request: AdmissionRequest,
  options: ResourceQuotaOptions,
  presence: QuotaPresence,
): Promise<void> {
  const namespaces = await withQuotas(request, presence);
  if (namespaces.length === 0) return;
  for (let attempt = 0; attempt < maxAttempts; attempt++) if (await tryReserve(request, options, namespaces)) return;
  throw tooManyRequests(
    `the quotas for ${request.resource.declaration.names.plural} are being changed too often, please try again later`,
    1,
  );
}

function isCounted(request: AdmissionRequest): boolean {
  if (request.operation !== 'CREATE' || request.subresource !== '') return false;
  const { key, declaration } = request.resource;
  if (declaration.virtual === true || ignored.has(key)) return false;
  return !(key === 'rbac.authorization.k8s.io/clusterrolebindings' && request.name === 'workspace-admin');
}

/** False when a quota changed meanwhile. */
async function tryReserve(
  request: AdmissionRequest,
  { registry, quotas }: ResourceQuotaOptions,
  namespaces: readonly string[],
): Promise<boolean> {
  const reservations = await matchingQuotas(request, registry, namespaces);
  if (reservations.length === 0) return true;
  const compares: Compare[] = [];
  const operations: Operation[] = [];
  for (const { kv, quota, keys } of reservations) {
    await reserve(request, registry, quota, keys);
    compares.push({ key: kv.key, modRevision: kv.modRevision });
    operations.push(putObject(registry, quotas, request.access, quota));
  }
  if (request.dryRun) return true;
  const { succeeded } = await registry.storage.transact({ compares, operations });
  return succeeded;
}

/** Namespaces whose quotas may count the new object. */
async function withQuotas(request: AdmissionRequest, presence: QuotaPresence): Promise<string[]> {
  const { cluster } = request.access;
  const namespaces: string[] = [];
  if (await presence.in(cluster, quotaNamespace)) namespaces.push(quotaNamespace);
  const own = request.namespace;
  if (own !== undefined && own !== quotaNamespace && (await presence.in(cluster, own))) namespaces.push(own);
  return namespaces;
}

async function matchingQuotas(
  request: AdmissionRequest,
  registry: Registry,
  namespaces: readonly string[],
): Promise<Reservation[]> {
  const counted = countedKeys(request.resource.declaration);
  const found: Reservation[] = [];
  for (const namespace of namespaces) {
    const prefix = objectPrefix({ group: '', resource: 'resourcequotas', cluster: request.access.cluster, namespace });
    for (const kv of (await registry.storage.range(prefix)).items) {
      const quota = decodeObject(kv) as QuotaObject;
      if (!applies(quota, request.namespace)) continue;
      const keys = counted.filter((key) => quota.spec?.hard?.[key] !== undefined);
      if (keys.length > 0) found.push({ kv, quota, keys });
    }
  }
  return found;
}

/** Quotas with scopes are about pods only. */
function applies(quota: QuotaObject, namespace: string | undefined): boolean {
  if ((quota.spec?.scopes?.length ?? 0) > 0 || quota.spec?.scopeSelector) return false;
  return isClusterScopedQuota(quota) || quota.metadata.namespace === namespace;
}

/** Counts one more object in `quota`, in place. 403 when it is one too many. */
async function reserve(
  request: AdmissionRequest,
  registry: Registry,
  quota: QuotaObject,
  keys: readonly string[],
): Promise<void> {
  const hard = { ...quota.status?.hard };
  const used = { ...quota.status?.used };
  const exceeded: { key: string; used: string; limit: string }[] = [];
  for (const key of keys) {
    const limit = String(quota.spec?.hard?.[key]);
    const before = used[key] ?? (await countObjects(registry, request, quota, request.access));
    const after = Quantity.parse(String(before)).add(Quantity.of(1));
    if (after.compare(Quantity.parse(limit)) > 0) exceeded.push({ key, used: String(before), limit });
    hard[key] = limit;
    used[key] = after.toString();
  }
  if (exceeded.length > 0) throw quotaExceeded(request, quota, exceeded);
  quota.status = { ...quota.status, hard, used };
}

/** Usage of a quota that nobody has counted yet. */
function countObjects(
  registry: Registry,
  request: AdmissionRequest,
  quota: KubeObject,
  { cluster }: ClusterAccess,
): Promise<number> {
  const { identity, storedAs } = request.resource;
  const namespace = isClusterScopedQuota(quota) ? undefined : quota.metadata.namespace;
  return registry.storage.count(
    objectPrefix({ ...storedAs, identity, cluster, ...(namespace === undefined ? {} : { namespace }) }),
  );
}

function quotaExceeded(
  request: AdmissionRequest,
  quota: KubeObject,
  exceeded: readonly { key: string; used: string; limit: string }[],
): Error {
  const list = (value: (entry: (typeof exceeded)[number]) => string): string =>
    exceeded.map((entry) => `${entry.key}=${value(entry)}`).join(',');
  const why = `exceeded quota: ${quota.metadata.name}, requested: ${list(() => '1')}, used: ${list((e) => e.used)}, limited: ${list((e) => e.limit)}`;
  return forbidden(groupResourceOf(request.resource), request.name, why);
}
