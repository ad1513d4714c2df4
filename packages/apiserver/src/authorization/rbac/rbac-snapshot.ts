import type { KubeObject } from '@canopy/apimachinery';
import { objectPrefix, type Storage } from '@canopy/storage';
import type { UserInfo } from '../../authentication/authenticator.ts';
import { decodeObject } from '../../registry/object-codec.ts';
import type { PolicyRule } from './rule-matching.ts';

const group = 'rbac.authorization.k8s.io';

interface Subject {
  kind: string;
  name: string;
  namespace?: string;
}

interface RoleRef {
  kind: string;
  name: string;
}

/** A role granted to somebody, in one namespace or (`''`) everywhere in the cluster. */
interface Grant {
  namespace: string;
  roleRef: RoleRef;
  /** Name of the binding, for reasons. */
  binding: string;
}

/** The RBAC objects of one logical cluster, arranged for lookups by subject. */
export class RbacSnapshot {
  private readonly byUser = new Map<string, Grant[]>();
  private readonly byGroup = new Map<string, Grant[]>();
  private readonly clusterRoles = new Map<string, readonly PolicyRule[]>();
  private readonly roles = new Map<string, readonly PolicyRule[]>();

  addRole(object: KubeObject): void {
    const rules = (object.rules as PolicyRule[] | undefined) ?? [];
    const { name = '', namespace } = object.metadata;
    if (object.kind === 'ClusterRole') this.clusterRoles.set(name, rules);
    else this.roles.set(`${namespace}/${name}`, rules);
  }

  addBinding(object: KubeObject): void {
    const namespace = object.kind === 'ClusterRoleBinding' ? '' : (object.metadata.namespace ?? '');
    const grant: Grant = {
      namespace,
      roleRef: object.roleRef as RoleRef,
      binding: namespace === '' ? (object.metadata.name ?? '') : `${namespace}/${object.metadata.name}`,
    };
    for (const subject of (object.subjects as Subject[] | undefined) ?? []) {
      if (subject.kind === 'User') push(this.byUser, subject.name, grant);
      else if (subject.kind === 'Group') push(this.byGroup, subject.name, grant);
      else push(this.byUser, `system:serviceaccount:${subject.namespace ?? namespace}:${subject.name}`, grant);
    }
  }

  /** Grants of a user by name and by groups; cluster-wide ones first, then those of the namespace. */
  grantsOf(user: UserInfo, namespace: string): Grant[] {
    const grants: Grant[] = [];
    this.findGrant(user, namespace, (grant) => {
      grants.push(grant);
      return false;
    });
    return grants;
  }

  /** The first of the grants that {@link grantsOf} lists for which `holds` does. Makes nothing, since each request asks. */
  findGrant(user: UserInfo, namespace: string, holds: (grant: Grant) => boolean): Grant | undefined {
    return this.findIn(user, '', holds) ?? (namespace === '' ? undefined : this.findIn(user, namespace, holds));
  }

  private findIn(user: UserInfo, namespace: string, holds: (grant: Grant) => boolean): Grant | undefined {
    const own = firstOf(this.byUser.get(user.name), namespace, holds);
    if (own !== undefined) return own;
    for (const name of user.groups) {
      const found = firstOf(this.byGroup.get(name), namespace, holds);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Rules of a role, in this snapshot only. */
  rulesOf(grant: Pick<Grant, 'namespace' | 'roleRef'>): readonly PolicyRule[] | undefined {
    const { kind, name } = grant.roleRef;
    return kind === 'ClusterRole' ? this.clusterRoles.get(name) : this.roles.get(`${grant.namespace}/${name}`);
  }
}

function firstOf(
  list: readonly Grant[] | undefined,
  namespace: string,
  holds: (grant: Grant) => boolean,
): Grant | undefined {
  if (list === undefined) return undefined;
  for (const grant of list) if (grant.namespace === namespace && holds(grant)) return grant;
  return undefined;
}

function push(map: Map<string, Grant[]>, key: string, grant: Grant): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [grant]);
  else list.push(grant);
}

export async function loadRbac(storage: Storage, cluster: string): Promise<RbacSnapshot> {
  const snapshot = new RbacSnapshot();
  for (const resource of ['clusterroles', 'roles']) {
    for (const kv of (await storage.range(objectPrefix({ group, resource, cluster }))).items)
      snapshot.addRole(decodeObject(kv));
  }
  for (const resource of ['clusterrolebindings', 'rolebindings']) {
    for (const kv of (await storage.range(objectPrefix({ group, resource, cluster }))).items)
      snapshot.addBinding(decodeObject(kv));
  }
  return snapshot;
}
