/** What a path asks for, as Kubernetes' RequestInfo: a resource request, or a non-resource path. */
export interface RequestInfo {
  resourceRequest: boolean;
  /** API verb for resource requests, else the lower-case HTTP method. */
  verb: string;
  apiPrefix: '' | 'api' | 'apis';
  group: string;
  version: string;
  namespace: string;
  resource: string;
  /** Identity given as `resource:identity`. */
  identity: string;
  subresource: string;
  name: string;
  /** Path without the logical-cluster prefix; always starts with `/`. */
  path: string;
}

const verbOfMethod: Readonly<Record<string, string>> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** Subresources of a namespace itself; any other third segment is a resource inside the namespace. */
const namespaceSubresources = new Set(['status', 'finalize']);

function nonResource(method: string, path: string): RequestInfo {
  return {
    resourceRequest: false,
    verb: method.toLowerCase(),
    apiPrefix: '',
    group: '',
    version: '',
    namespace: '',
    resource: '',
    identity: '',
    subresource: '',
    name: '',
    path,
  };
}

/**
 * Parses the path behind `/clusters/<cluster>`. `query` decides between get, list and watch as in Kubernetes: a GET
 * without a name is a list, or a watch with `watch=true`; DELETE without a name is a deletecollection.
 */
export function parseRequestInfo(method: string, path: string, query: URLSearchParams): RequestInfo {
  const parts = segmentsOf(path);
  const prefix = parts[0];
  if (prefix !== 'api' && prefix !== 'apis') return nonResource(method, path);
  const versionAt = prefix === 'api' ? 1 : 2;
  if (parts.length <= versionAt + 1) return nonResource(method, path);
  const group = prefix === 'api' ? '' : parts[1]!;
  const version = parts[versionAt]!;
  let at = versionAt + 1;
  let legacyWatch = false;
  if (parts[at] === 'watch' && parts.length > at + 1) {
    legacyWatch = true;
    at += 1;
  }
  let namespace = '';
  if (parts[at] === 'namespaces' && parts.length > at + 1) {
    if (parts.length > at + 2 && !namespaceSubresources.has(parts[at + 2]!)) {
      namespace = parts[at + 1]!;
      at += 2;
    } else if (group === '') {
      namespace = parts[at + 1]!;
    }
  }
  const resourceText = parts[at] ?? '';
  const name = parts[at + 1] ?? '';
  const colon = resourceText.indexOf(':');
  const resource = colon === -1 ? resourceText : resourceText.slice(0, colon);
  return {
    resourceRequest: true,
    verb: legacyWatch ? 'watch' : resourceVerb(method, name, query),
    apiPrefix: prefix,
    group,
    version,
    namespace,
    resource,
    identity: colon === -1 ? '' : resourceText.slice(colon + 1),
    subresource: parts.length > at + 2 ? parts.slice(at + 2).join('/') : '',
    name,
    path,
  };
}

function resourceVerb(method: string, name: string, query: URLSearchParams): string {
  const verb = verbOfMethod[method] ?? method.toLowerCase();
  if (verb === 'get') {
    const watch = query.get('watch');
    if (watch !== null && watch !== 'false' && watch !== '0') return 'watch';
    return name === '' ? 'list' : 'get';
  }
  return verb === 'delete' && name === '' ? 'deletecollection' : verb;
}

/** What stands between slashes, without what is empty. */
function segmentsOf(path: string): string[] {
  const segments: string[] = [];
  for (let start = 0; start < path.length; ) {
    const slash = path.indexOf('/', start);
    const end = slash === -1 ? path.length : slash;
    if (end > start) segments.push(decodeSegment(path.slice(start, end)));
    start = end + 1;
  }
  return segments;
}

function decodeSegment(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
