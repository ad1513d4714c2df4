import { type Change, DerivedCache, parseObjectKey, type Storage } from '@canopy/storage';
import type { UserInfo } from '../../authentication/authenticator.ts';
import { loadRbac, type RbacSnapshot } from './rbac-snapshot.ts';
import { type PolicyRule, type RuleQuestion, ruleAllows } from './rule-matching.ts';

/** RBAC objects of this cluster are in force in every logical cluster, and its roles can be referred to from anywhere. */
export const systemAdminCluster = 'system:admin';

const watched = '/r/rbac.authorization.k8s.io/';
const capacity = 2_000;

/** The answer of RBAC: the binding that allows, or nothing. */
export type RbacVerdict = { allowed: true; binding: string } | { allowed: false };

/** A cluster's own grants and those of `system:admin`; role references resolve here first, then there. */
export class ClusterRules {
  private readonly own: RbacSnapshot;
  private readonly base: RbacSnapshot;

  constructor(own: RbacSnapshot, base: RbacSnapshot) {
    this.own = own;
    this.base = base;
  }

  /** Of cluster-wide grants alone, a question with an empty namespace asks. */
  check(user: UserInfo, asked: RuleQuestion & { namespace: string }): RbacVerdict {
    const { own, base } = this;
    const verdict = this.checkIn(own, user, asked);
    return verdict.allowed || own === base ? verdict : this.checkIn(base, user, asked);
  }

  private checkIn(snapshot: RbacSnapshot, user: UserInfo, asked: RuleQuestion & { namespace: string }): RbacVerdict {
    const found = snapshot.findGrant(user, asked.namespace, (grant) => {
      const rules = snapshot.rulesOf(grant) ?? this.base.rulesOf({ roleRef: grant.roleRef, namespace: '' });
      return rules !== undefined && anyAllows(rules, asked);
    });
    return found === undefined ? denied : { allowed: true, binding: found.binding };
  }
}

function anyAllows(rules: readonly PolicyRule[], asked: RuleQuestion): boolean {
  for (const rule of rules) if (ruleAllows(rule, asked)) return true;
  return false;
}

const denied: RbacVerdict = { allowed: false };

/**
 * Role-based access control per logical cluster. What a cluster's RBAC objects say is read when it is first needed, kept
 * in a bounded cache and dropped by the change log.
 */
export class Rbac {
  private readonly storage: Storage;
  private readonly snapshots = new DerivedCache<RbacSnapshot>(capacity);

  constructor(storage: Storage) {
    this.storage = storage;
  }

  onChanges(changes: readonly Change[]): void {
    for (const { key } of changes) if (key.startsWith(watched)) this.snapshots.drop(parseObjectKey(key)?.cluster ?? '');
  }

  private snapshot(cluster: string): Promise<RbacSnapshot> {
    return this.snapshots.get(cluster, () => loadRbac(this.storage, cluster));
  }

  /** What is in force in a cluster, or (undefined) everywhere. A promise only when it has to be read from the store. */
  rules(cluster: string | undefined): ClusterRules | Promise<ClusterRules> {
    const base = this.snapshots.peek(systemAdminCluster);
    const own = cluster === undefined ? base : this.snapshots.peek(cluster);
    return base === undefined || own === undefined ? this.loadRules(cluster) : new ClusterRules(own, base);
  }

  private async loadRules(cluster: string | undefined): Promise<ClusterRules> {
    const base = await this.snapshot(systemAdminCluster);
    return new ClusterRules(cluster === undefined ? base : await this.snapshot(cluster), base);
  }

  /** Everything somebody is granted in a namespace. */
  async rulesFor(user: UserInfo, cluster: string, namespace: string): Promise<PolicyRule[]> {
    const base = await this.snapshot(systemAdminCluster);
    const own = await this.snapshot(cluster);
    const rules: PolicyRule[] = [];
    for (const snapshot of own === base ? [base] : [own, base]) {
      for (const grant of snapshot.grantsOf(user, namespace)) {
        rules.push(...(snapshot.rulesOf(grant) ?? base.rulesOf({ ...grant, namespace: '' }) ?? []));
      }
    }
    return rules;
  }

  /** Rules of a role that a binding refers to; undefined when there is no such role. */
  async rulesOfRole(
    cluster: string,
    namespace: string,
    roleRef: { kind: string; name: string },
  ): Promise<readonly PolicyRule[] | undefined> {
    const own = await this.snapshot(cluster);
    const base = await this.snapshot(systemAdminCluster);
    return own.rulesOf({ namespace, roleRef }) ?? base.rulesOf({ namespace: '', roleRef });
  }
}
