import { exportName, group, orders } from './postgres-database.ts';

export const claimedSecretVerbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];

/** The APIExport that serves orders with the schema of this name, and asks for access to Secrets. */
export function apiExport(schemaName: string) {
  return {
    apiVersion: 'apis.kcp.io/v1alpha2',
    kind: 'APIExport',
    metadata: {
      name: exportName,
      annotations: { 'kubernetes.io/description': 'PostgreSQL databases, delivered with a Secret to connect with.' },
    },
    spec: {
      resources: [{ group, name: orders.resource, schema: schemaName, storage: { crd: {} } }],
      permissionClaims: [{ group: '', resource: 'secrets', verbs: claimedSecretVerbs }],
    },
  };
}

const bindRole = `bind-${exportName}`;

/** Lets everybody who is logged in bind the export. */
export function bindPermission() {
  const rbac = 'rbac.authorization.k8s.io';
  return {
    role: {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRole',
      metadata: { name: bindRole },
      rules: [{ apiGroups: ['apis.kcp.io'], resources: ['apiexports'], resourceNames: [exportName], verbs: ['bind'] }],
    },
    binding: {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: bindRole },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: bindRole },
      subjects: [{ apiGroup: rbac, kind: 'Group', name: 'system:authenticated' }],
    },
  };
}
