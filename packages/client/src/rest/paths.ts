/** Values of query parameters; undefined ones are left out, lists are repeated. */
export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** Every logical cluster at once: list and watch only. */
export const allClusters = '*';

/** `/clusters/<cluster>`: where the API of a logical cluster (name, path or `*`) lies. */
export function clusterPath(cluster: string): string {
  if (cluster === allClusters) return '/clusters/*';
  return `/clusters/${encodeURIComponent(cluster).replaceAll('%3A', ':')}`;
}

/** `base` with its last `/clusters/<…>` replaced by that of `cluster`, or with that appended. */
export function withCluster(base: string, cluster: string): string {
  return `${base.replace(/\/clusters\/[^/]+$/, '')}${clusterPath(cluster)}`;
}

/** The cluster that a base path ends in; undefined if it names none. */
export function clusterOf(base: string): string | undefined {
  const match = /\/clusters\/([^/]+)$/.exec(base);
  return match === null ? undefined : decodeURIComponent(match[1]!);
}

/** A base path with a slash before it and none behind; `''` for none. */
export function normalBasePath(path: string): string {
  const trimmed = path.replace(/\/+$/, '');
  return trimmed === '' || trimmed.startsWith('/') ? trimmed : `/${trimmed}`;
}

/** `path` with the parameters of `query` behind it. */
export function withQuery(path: string, query: Query | undefined): string {
  if (query === undefined) return path;
  let text = '';
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const single of Array.isArray(value) ? value : [value]) {
      text += `${text === '' ? '?' : '&'}${encodeURIComponent(key)}=${encodeURIComponent(String(single))}`;
    }
  }
  return path + text;
}

/** What names a kind of resource in URLs. `group` is `''` for the core group; `resource` is the plural, `widgets` or `widgets:<identity>`. */
export interface GroupVersionResource {
  group: string;
  version: string;
  resource: string;
}

/** Where in a cluster an object, or a collection of them, lies. */
export interface ResourcePlace {
  namespace?: string;
  name?: string;
  subresource?: string;
}

/** Path of a collection or an object below the path of its cluster. */
export function resourcePath(gvr: GroupVersionResource, place: ResourcePlace = {}): string {
  let path = gvr.group === '' ? `/api/${gvr.version}` : `/apis/${gvr.group}/${gvr.version}`;
  if (place.namespace) path += `/namespaces/${encodeURIComponent(place.namespace)}`;
  path += `/${gvr.resource}`;
  if (place.name !== undefined) path += `/${encodeURIComponent(place.name)}`;
  return place.subresource ? `${path}/${place.subresource}` : path;
}
