import type { ResourceDeclaration } from '@canopy/apimachinery';
import { customResourceDefinitionDeclaration } from './apiextensions/custom-resource-definition.ts';
import { apiBindingDeclaration } from './apis/api-binding.ts';
import { apiConversionDeclaration } from './apis/api-conversion.ts';
import { apiExportDeclaration } from './apis/api-export.ts';
import { apiExportEndpointSliceDeclaration } from './apis/api-export-endpoint-slice.ts';
import { apiResourceSchemaDeclaration } from './apis/api-resource-schema.ts';
import { selfSubjectReviewDeclaration } from './authentication/self-subject-review.ts';
import { tokenReviewDeclaration } from './authentication/token-review.ts';
import { localSubjectAccessReviewDeclaration } from './authorization/local-subject-access-review.ts';
import { selfSubjectAccessReviewDeclaration } from './authorization/self-subject-access-review.ts';
import { selfSubjectRulesReviewDeclaration } from './authorization/self-subject-rules-review.ts';
import { subjectAccessReviewDeclaration } from './authorization/subject-access-review.ts';
import { certificateSigningRequestDeclaration } from './certificates/certificate-signing-request.ts';
import { leaseDeclaration } from './coordination/lease.ts';
import { configMapDeclaration } from './core/config-map.ts';
import { eventDeclaration } from './core/event.ts';
import { namespaceDeclaration } from './core/namespace.ts';
import { resourceQuotaDeclaration } from './core/resource-quota.ts';
import { secretDeclaration } from './core/secret.ts';
import { serviceAccountDeclaration } from './core/service-account.ts';
import { eventsEventDeclaration } from './events/event.ts';
import { logicalClusterDeclaration } from './kcp-core/logical-cluster.ts';
import { shardDeclaration } from './kcp-core/shard.ts';
import { clusterRoleDeclaration } from './rbac/cluster-role.ts';
import { clusterRoleBindingDeclaration } from './rbac/cluster-role-binding.ts';
import { roleDeclaration } from './rbac/role.ts';
import { roleBindingDeclaration } from './rbac/role-binding.ts';
import { workspaceDeclaration } from './tenancy/workspace.ts';
import { workspaceAuthenticationConfigurationDeclaration } from './tenancy/workspace-authentication-configuration.ts';
import { workspaceTypeDeclaration } from './tenancy/workspace-type.ts';
import { partitionDeclaration } from './topology/partition.ts';
import { partitionSetDeclaration } from './topology/partition-set.ts';

/** The kinds of Kubernetes that every logical cluster serves. */
export const builtinDeclarations: readonly ResourceDeclaration[] = [
  namespaceDeclaration,
  configMapDeclaration,
  secretDeclaration,
  serviceAccountDeclaration,
  eventDeclaration,
  resourceQuotaDeclaration,
  eventsEventDeclaration,
  tokenReviewDeclaration,
  selfSubjectReviewDeclaration,
  subjectAccessReviewDeclaration,
  localSubjectAccessReviewDeclaration,
  selfSubjectAccessReviewDeclaration,
  selfSubjectRulesReviewDeclaration,
  certificateSigningRequestDeclaration,
  leaseDeclaration,
  roleDeclaration,
  roleBindingDeclaration,
  clusterRoleDeclaration,
  clusterRoleBindingDeclaration,
  customResourceDefinitionDeclaration,
];

/** The kinds of kcp that every logical cluster serves, before all others. */
export const kcpSystemDeclarations: readonly ResourceDeclaration[] = [
  logicalClusterDeclaration,
  apiExportDeclaration,
  apiBindingDeclaration,
  apiResourceSchemaDeclaration,
  apiExportEndpointSliceDeclaration,
  apiConversionDeclaration,
];

/** What the APIExport `tenancy.kcp.io` of the root workspace exports. */
export const tenancyDeclarations: readonly ResourceDeclaration[] = [
  workspaceDeclaration,
  workspaceTypeDeclaration,
  workspaceAuthenticationConfigurationDeclaration,
];

/** What the APIExport `topology.kcp.io` of the root workspace exports. */
export const topologyDeclarations: readonly ResourceDeclaration[] = [partitionDeclaration, partitionSetDeclaration];

/** What the APIExport `shards.core.kcp.io` of the root workspace exports. */
export const shardDeclarations: readonly ResourceDeclaration[] = [shardDeclaration];
