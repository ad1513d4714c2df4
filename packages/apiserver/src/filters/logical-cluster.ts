import { pathNotFound } from '@canopy/apimachinery';
import type { ApiDomain, ClusterContext, ClusterTarget, IncomingRequest } from '../endpoints/request-context.ts';
import { enrich, type Filter } from './chain.ts';

/** Finds out which logical cluster the text behind `/clusters/` means: a name or a path. Never tells why it failed. */
export interface ClusterResolver {
  resolve(text: string): ClusterTarget | Promise<ClusterTarget>;
}

/** A virtual workspace that owns a path prefix below `/services/`. */
export interface VirtualWorkspace {
  readonly name: string;
  /**
   * `rest` is the path behind `/services/<name>`. Answers the domain and how much of `rest` belongs to its key, or
   * undefined when there is no such thing.
   */
  match(rest: string): Promise<{ domain: ApiDomain; keyLength: number } | undefined>;
}

export interface LogicalClusterOptions {
  workspaces: ApiDomain;
  resolver: ClusterResolver;
  virtualWorkspaces: readonly VirtualWorkspace[];
  /** Rewrites cluster-less API paths of in-cluster service accounts: the cluster named by the token, if any. */
  clusterOfToken(bearerToken: string): string | undefined;
}

const clustersPrefix = '/clusters/';
const servicesPrefix = '/services/';

interface Located {
  domain: ApiDomain;
  target: ClusterTarget;
  urlPrefix: string;
  apiPath: string;
}

/** First step: path → domain, logical cluster and the API path behind it. */
export function logicalClusterFilter(options: LogicalClusterOptions): Filter<IncomingRequest, ClusterContext> {
  return {
    name: 'logical-cluster',
    apply(request) {
      const located = locate(options, request);
      return located instanceof Promise ? located.then((found) => enrich(request, found)) : enrich(request, located);
    },
  };
}

function locate(options: LogicalClusterOptions, request: IncomingRequest): Located | Promise<Located> {
  const { path } = request;
  if (path.startsWith(servicesPrefix)) return locateService(options, path);
  if (path.startsWith(clustersPrefix)) return behindClusters(options.workspaces, options.resolver, '', path);
  const inCluster = clusterOfBearer(options, request);
  if (inCluster !== undefined && /^\/(api|apis|openapi|version)(\/|$)/.test(path)) {
    return behindClusters(options.workspaces, options.resolver, '', `${clustersPrefix}${inCluster}${path}`);
  }
  return { domain: options.workspaces, target: { kind: 'none' }, urlPrefix: '', apiPath: path === '' ? '/' : path };
}

function clusterOfBearer(options: LogicalClusterOptions, request: IncomingRequest): string | undefined {
  const header = request.headers.authorization;
  if (header === undefined || !header.toLowerCase().startsWith('bearer ')) return undefined;
  return options.clusterOfToken(header.slice('Bearer '.length));
}

function behindClusters(
  domain: ApiDomain,
  resolver: ClusterResolver,
  prefix: string,
  path: string,
): Located | Promise<Located> {
  const slash = path.indexOf('/', clustersPrefix.length);
  const text = decode(slash === -1 ? path.slice(clustersPrefix.length) : path.slice(clustersPrefix.length, slash));
  const located = (target: ClusterTarget): Located => ({
    domain,
    target,
    urlPrefix: `${prefix}${clustersPrefix}${text}`,
    apiPath: slash === -1 ? '/' : path.slice(slash),
  });
  if (text === '*') return located({ kind: 'wildcard' });
  const target = resolver.resolve(text);
  return target instanceof Promise ? target.then(located) : located(target);
}

function decode(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function locateService(options: LogicalClusterOptions, path: string): Promise<Located> {
  const slash = path.indexOf('/', servicesPrefix.length);
  const name = slash === -1 ? path.slice(servicesPrefix.length) : path.slice(servicesPrefix.length, slash);
  const virtual = options.virtualWorkspaces.find((candidate) => candidate.name === name);
  const match = slash === -1 ? undefined : await virtual?.match(path.slice(slash));
  if (match === undefined) throw pathNotFound();
  const rest = path.slice(slash + match.keyLength);
  if (rest.startsWith(clustersPrefix)) return behindClusters(match.domain, options.resolver, match.domain.prefix, rest);
  return {
    domain: match.domain,
    target: { kind: 'none' },
    urlPrefix: match.domain.prefix,
    apiPath: rest === '' ? '/' : rest,
  };
}
