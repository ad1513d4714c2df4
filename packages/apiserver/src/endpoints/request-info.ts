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
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decodeSegment);
  const prefix = parts[0];
  if (prefix !== 'api' && prefix !== 'apis') return nonResource(method, path);
  const versionAt = prefix === 'api' ? 1 : 2;
  if (parts.length <= versionAt + 1) return nonResource(method, path);
  const group = prefix === 'api' ? '' : parts[1]!;
  const version = parts[versionAt]!;
  let rest = parts.slice(versionAt + 1);
  let legacyWatch = false;
  if (rest[0] === 'watch' && rest.length > 1) {
    legacyWatch = true;
    rest = rest.slice(1);
  }
  let namespace = '';
  if (rest[0] === 'namespaces' && rest.length > 1) {
    if (rest.length > 2 && !namespaceSubresources.has(rest[2]!)) {
      namespace = rest[1]!;
      rest = rest.slice(2);
    } else if (group === '') {
      namespace = rest[1]!;
    }
  }
  const [resourceText = '', name = '', ...sub] = rest;
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
    subresource: sub.join('/'),
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

function decodeSegment(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
