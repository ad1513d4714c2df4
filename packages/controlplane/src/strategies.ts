import { tableCells, tableKey } from '@canopy/api';
import type { KubeObject } from '@canopy/apimachinery';
import type { Strategy } from '@canopy/apiserver';
import { certificateSigningRequestStrategy } from './certificates/certificate-signing-request-strategy.ts';
import { leaseStrategy } from './coordination/lease-strategy.ts';
import { configMapStrategy } from './core/config-map-strategy.ts';
import { namespaceStrategy } from './core/namespace-strategy.ts';
import { resourceQuotaStrategy } from './core/resource-quota-strategy.ts';
import { secretStrategy } from './core/secret-strategy.ts';
import { serviceAccountStrategy } from './core/service-account-strategy.ts';
import { coreEventStrategy, eventsEventStrategy } from './events/event-strategies.ts';
import { clusterRoleBindingStrategy, roleBindingStrategy } from './rbac/binding-strategies.ts';
import { clusterRoleStrategy, roleStrategy } from './rbac/role-strategies.ts';

interface Entry {
  group: string;
  plural: string;
  kind: string;
  strategy: Strategy;
}

const entries: readonly Entry[] = [
  { group: '', plural: 'namespaces', kind: 'Namespace', strategy: namespaceStrategy },
  { group: '', plural: 'configmaps', kind: 'ConfigMap', strategy: configMapStrategy },
  { group: '', plural: 'secrets', kind: 'Secret', strategy: secretStrategy },
  { group: '', plural: 'serviceaccounts', kind: 'ServiceAccount', strategy: serviceAccountStrategy },
  { group: '', plural: 'resourcequotas', kind: 'ResourceQuota', strategy: resourceQuotaStrategy },
  { group: '', plural: 'events', kind: 'Event', strategy: coreEventStrategy },
  { group: 'events.k8s.io', plural: 'events', kind: 'Event', strategy: eventsEventStrategy },
  { group: 'coordination.k8s.io', plural: 'leases', kind: 'Lease', strategy: leaseStrategy },
  { group: 'rbac.authorization.k8s.io', plural: 'roles', kind: 'Role', strategy: roleStrategy },
  { group: 'rbac.authorization.k8s.io', plural: 'rolebindings', kind: 'RoleBinding', strategy: roleBindingStrategy },
  { group: 'rbac.authorization.k8s.io', plural: 'clusterroles', kind: 'ClusterRole', strategy: clusterRoleStrategy },
  {
    group: 'rbac.authorization.k8s.io',
    plural: 'clusterrolebindings',
    kind: 'ClusterRoleBinding',
    strategy: clusterRoleBindingStrategy,
  },
  {
    group: 'certificates.k8s.io',
    plural: 'certificatesigningrequests',
    kind: 'CertificateSigningRequest',
    strategy: certificateSigningRequestStrategy,
  },
];

/** Table rows carry ages, which need the time: the renderer's if it gives one, else the system's. */
function withTableCells({ group, kind, strategy }: Entry): Strategy {
  const cells = tableCells.get(tableKey(group, kind));
  if (cells === undefined) return strategy;
  return { ...strategy, tableCells: (object: KubeObject, nowMs: number = Date.now()) => cells(object, nowMs) };
}

/** Strategies of the built-in kinds, by `group/plural` (`/configmaps`, `coordination.k8s.io/leases`). */
export const strategies: ReadonlyMap<string, Strategy> = new Map(
  entries.map((entry) => [`${entry.group}/${entry.plural}`, withTableCells(entry)]),
);
