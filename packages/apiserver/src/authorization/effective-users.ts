import { systemAuthenticated, type UserInfo } from '../authentication/authenticator.ts';

const scopesKey = 'authentication.kcp.io/scopes';
const warrantKey = 'authorization.kcp.io/warrant';
const originKey = 'authentication.kcp.io/cluster-name';
const serviceAccountPrefix = 'system:serviceaccount:';
const maxWarrantDepth = 4;

/** Clusters that an identity is valid in; undefined when it is valid everywhere. Several values must all agree. */
export function effectiveScopes(user: UserInfo): ReadonlySet<string> | undefined {
  const values = user.extra?.[scopesKey];
  if (values === undefined || values.length === 0) return undefined;
  let common: Set<string> | undefined;
  for (const value of values) {
    const clusters = new Set(
      value
        .split(',')
        .filter((entry) => entry.startsWith('cluster:'))
        .map((entry) => entry.slice('cluster:'.length)),
    );
    common = common === undefined ? clusters : new Set([...common].filter((cluster) => clusters.has(cluster)));
  }
  return common;
}

export function isInScope(user: UserInfo, cluster: string | undefined): boolean {
  const scopes = effectiveScopes(user);
  return scopes === undefined || (cluster !== undefined && scopes.has(cluster));
}

export function isServiceAccount(user: UserInfo): boolean {
  return user.name.startsWith(serviceAccountPrefix);
}

/**
 * The identities that a request acts as in a cluster: the user itself where it is in scope, else a stranger; a service
 * account also under its global name; and whoever its warrants name, each judged by its own scopes.
 */
export function effectiveUsers(user: UserInfo, cluster: string | undefined): readonly UserInfo[] {
  // Nothing else is said of most users.
  if (user.extra === undefined) return [user];
  return collect(user, cluster, 0);
}

function collect(user: UserInfo, cluster: string | undefined, depth: number): UserInfo[] {
  const scopes = effectiveScopes(user);
  const marks = scopes === undefined ? [] : [...scopes].map((scope) => `system:cluster:${scope}`);
  const users: UserInfo[] = [];
  if (isInScope(user, cluster)) users.push(depth === 0 ? user : { ...user, groups: [...user.groups, ...marks] });
  else users.push(stranger(user, depth === 0 ? marks : []));
  const origin = user.extra?.[originKey]?.[0];
  if (isServiceAccount(user) && origin !== undefined) {
    const name = `system:kcp:serviceaccount:${origin}:${user.name.slice(serviceAccountPrefix.length)}`;
    users.push({ name, groups: [...authenticated(user), ...marks] });
  }
  if (depth >= maxWarrantDepth) return users;
  for (const text of user.extra?.[warrantKey] ?? []) {
    const warrant = parseWarrant(text);
    if (warrant !== undefined) users.push(...collect(warrant, cluster, depth + 1));
  }
  return users;
}

function authenticated(user: UserInfo): string[] {
  return user.groups.includes(systemAuthenticated) ? [systemAuthenticated] : [];
}

function stranger(user: UserInfo, marks: readonly string[]): UserInfo {
  const groups = authenticated(user);
  return { name: 'system:anonymous', groups: groups.length > 0 ? [...groups, ...marks] : ['system:unauthenticated'] };
}

/** Malformed warrants are ignored, and so are those for service accounts that do not say where they are from. */
function parseWarrant(text: string): UserInfo | undefined {
  let value: { user?: unknown; groups?: unknown; uid?: unknown; extra?: unknown };
  try {
    value = JSON.parse(text) as typeof value;
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || typeof value.user !== 'string') return undefined;
  const extra = stringLists(value.extra);
  if (value.user.startsWith(serviceAccountPrefix) && extra?.[originKey] === undefined) return undefined;
  const groups = Array.isArray(value.groups)
    ? value.groups.filter((group): group is string => typeof group === 'string')
    : [];
  return {
    name: value.user,
    groups,
    ...(typeof value.uid === 'string' ? { uid: value.uid } : {}),
    ...(extra === undefined ? {} : { extra }),
  };
}

function stringLists(value: unknown): Record<string, string[]> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const lists: Record<string, string[]> = {};
  for (const [key, list] of Object.entries(value)) {
    if (Array.isArray(list)) lists[key] = list.filter((entry): entry is string => typeof entry === 'string');
  }
  return lists;
}
