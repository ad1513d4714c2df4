import { deepEqual, type LabelSelectorObject, labelSelectorOf } from '@canopy/apimachinery';
import { decodeObject, logicalClusterName, mintClusterAccess } from '@canopy/apiserver';
import type { RbacRule, RoleObject } from '@canopy/controlplane';
import { objectPrefix } from '@canopy/storage';
import type { Controller } from '../../runtime/controller.ts';
import { type ControllerDeps, clusterOfKey } from '../../runtime/controller-deps.ts';
import { changeObject } from '../../runtime/object-writer.ts';

const roles = { group: 'rbac.authorization.k8s.io', resource: 'clusterroles' };
const settleMs = 50;

/** ClusterRoles whose rules are those of others. Key: the cluster's name. */
export function clusterRoleAggregationController(deps: ControllerDeps): Controller {
  return {
    name: 'rbac/cluster-role-aggregation',
    watches: ['rbac.authorization.k8s.io/clusterroles'],
    keysOf(change, add) {
      const cluster = clusterOfKey(change.key);
      add(cluster, settleMs);
    },
    async reconcile(cluster) {
      await aggregate(deps, cluster);
      return undefined;
    },
  };
}

async function aggregate({ registry, world }: ControllerDeps, cluster: string): Promise<void> {
  const { items } = await registry.storage.range(objectPrefix({ ...roles, cluster }));
  const all = items.map((kv) => decodeObject(kv) as RoleObject);
  for (const role of all) {
    const rules = aggregatedRules(role, all);
    if (rules === undefined || deepEqual(rules, role.rules ?? [])) continue;
    const place = {
      resource: world.native.find(roles.group, roles.resource),
      access: mintClusterAccess(logicalClusterName(cluster)),
      name: role.metadata.name ?? '',
    };
    await changeObject(registry, place, (current) => {
      if (!deepEqual(current.aggregationRule, role.aggregationRule)) return false;
      current.rules = rules;
      return true;
    });
  }
}

/** The rules of all roles that an aggregating role selects, each once, in the order of their names; undefined for other roles. */
export function aggregatedRules(role: RoleObject, all: readonly RoleObject[]): RbacRule[] | undefined {
  const selectors = role.aggregationRule?.clusterRoleSelectors;
  if (selectors === undefined || selectors === null) return undefined;
  const compiled = selectors.map((selector) => labelSelectorOf(selector as LabelSelectorObject));
  const chosen = all.filter(
    (other) =>
      other.metadata.name !== role.metadata.name &&
      compiled.some((selector) => selector.matches(other.metadata.labels)),
  );
  chosen.sort((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
  const rules: RbacRule[] = [];
  for (const rule of chosen.flatMap((other) => other.rules ?? []))
    if (!rules.some((known) => deepEqual(known, rule))) rules.push(rule);
  return rules;
}
