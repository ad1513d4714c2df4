import { certificateSigningRequestCells } from './certificates/certificate-signing-request-table.ts';
import { leaseCells } from './coordination/lease-table.ts';
import { configMapCells } from './core/config-map-table.ts';
import { eventCells } from './core/event-table.ts';
import { namespaceCells } from './core/namespace-table.ts';
import { resourceQuotaCells } from './core/resource-quota-table.ts';
import { secretCells } from './core/secret-table.ts';
import { serviceAccountCells } from './core/service-account-table.ts';
import { eventsEventCells } from './events/event-table.ts';
import { bindingCells } from './rbac/binding-table.ts';
import { createdAtCells } from './tables/created-at.ts';
import type { TableCells } from './tables/table-cells.ts';

/**
 * Cells of the kinds whose columns are computed, by `group/kind` (see `tableKey`): one for each of `printerColumns`, in
 * their order. The name goes before them unless one of them has the format `name`. Kinds that are not here have JSONPaths
 * in all their columns.
 */
export const tableCells: ReadonlyMap<string, TableCells> = new Map<string, TableCells>([
  ['/ConfigMap', configMapCells],
  ['/Event', eventCells],
  ['/Namespace', namespaceCells],
  ['/ResourceQuota', resourceQuotaCells],
  ['/Secret', secretCells],
  ['/ServiceAccount', serviceAccountCells],
  ['apiextensions.k8s.io/CustomResourceDefinition', createdAtCells],
  ['authentication.k8s.io/SelfSubjectReview', createdAtCells],
  ['authentication.k8s.io/TokenReview', createdAtCells],
  ['authorization.k8s.io/LocalSubjectAccessReview', createdAtCells],
  ['authorization.k8s.io/SelfSubjectAccessReview', createdAtCells],
  ['authorization.k8s.io/SelfSubjectRulesReview', createdAtCells],
  ['authorization.k8s.io/SubjectAccessReview', createdAtCells],
  ['certificates.k8s.io/CertificateSigningRequest', certificateSigningRequestCells],
  ['coordination.k8s.io/Lease', leaseCells],
  ['events.k8s.io/Event', eventsEventCells],
  ['rbac.authorization.k8s.io/ClusterRole', createdAtCells],
  ['rbac.authorization.k8s.io/ClusterRoleBinding', bindingCells],
  ['rbac.authorization.k8s.io/Role', createdAtCells],
  ['rbac.authorization.k8s.io/RoleBinding', bindingCells],
]);
