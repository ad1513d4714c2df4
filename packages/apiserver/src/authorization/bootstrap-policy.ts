import type { KubeObject } from '@canopy/apimachinery';
import type { PolicyRule } from './rbac/rule-matching.ts';

const apiGroup = 'rbac.authorization.k8s.io';
const bootstrapLabel = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
const readVerbs = ['get', 'list', 'watch'];
const writeVerbs = ['create', 'delete', 'deletecollection', 'patch', 'update'];

function role(name: string, rules: PolicyRule[], labels: Record<string, string> = {}): KubeObject {
  return {
    apiVersion: `${apiGroup}/v1`,
    kind: 'ClusterRole',
    metadata: { name, labels: { ...bootstrapLabel, ...labels } },
    rules,
  };
}

function bind(name: string, roleName: string, groups: readonly string[]): KubeObject {
  return {
    apiVersion: `${apiGroup}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name, labels: bootstrapLabel },
    roleRef: { apiGroup, kind: 'ClusterRole', name: roleName },
    subjects: groups.map((group) => ({ apiGroup, kind: 'Group', name: group })),
  };
}

const everything: PolicyRule[] = [
  { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
  { nonResourceURLs: ['*'], verbs: ['*'] },
];
const access: PolicyRule = { nonResourceURLs: ['/'], verbs: ['access'] };

const viewRules: PolicyRule[] = [
  {
    apiGroups: [''],
    resources: ['configmaps', 'serviceaccounts', 'events', 'namespaces', 'resourcequotas', 'resourcequotas/status'],
    verbs: readVerbs,
  },
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: readVerbs },
];
const editRules: PolicyRule[] = [
  {
    apiGroups: [''],
    resources: ['configmaps', 'secrets', 'serviceaccounts', 'events'],
    verbs: [...readVerbs, ...writeVerbs],
  },
  { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['impersonate'] },
  { apiGroups: [''], resources: ['serviceaccounts/token'], verbs: ['create'] },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: [...readVerbs, ...writeVerbs] },
];
const adminRules: PolicyRule[] = [
  { apiGroups: [apiGroup], resources: ['roles', 'rolebindings'], verbs: [...readVerbs, ...writeVerbs] },
  { apiGroups: ['authorization.k8s.io'], resources: ['localsubjectaccessreviews'], verbs: ['create'] },
];
const discoveryPaths = [
  '/api',
  '/api/*',
  '/apis',
  '/apis/*',
  '/healthz',
  '/livez',
  '/openapi',
  '/openapi/*',
  '/readyz',
  '/version',
  '/version/',
];
const selfReviews: PolicyRule[] = [
  {
    apiGroups: ['authorization.k8s.io'],
    resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
    verbs: ['create'],
  },
  { apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'], verbs: ['create'] },
];

/**
 * RBAC of `system:admin`, in force in every logical cluster. The roles of Kubernetes are those users know (`cluster-admin`,
 * `admin`, `edit`, `view`), cut to the APIs that exist here.
 */
export const systemPolicy: readonly KubeObject[] = [
  role('cluster-admin', everything),
  role('admin', [...adminRules, ...editRules, ...viewRules], {
    'rbac.authorization.k8s.io/aggregate-to-cluster-admin': 'true',
  }),
  role('edit', [...editRules, ...viewRules], { 'rbac.authorization.k8s.io/aggregate-to-admin': 'true' }),
  role('view', viewRules, { 'rbac.authorization.k8s.io/aggregate-to-edit': 'true' }),
  role('system:basic-user', selfReviews),
  role('system:discovery', [{ nonResourceURLs: discoveryPaths, verbs: ['get'] }]),
  role('system:public-info-viewer', [
    { nonResourceURLs: ['/healthz', '/livez', '/readyz', '/version', '/version/'], verbs: ['get'] },
  ]),
  role('system:service-account-issuer-discovery', [
    { nonResourceURLs: ['/.well-known/openid-configuration', '/openid/v1/jwks'], verbs: ['get'] },
  ]),
  role('system:kcp:tenancy:workspace-bootstrapper', everything),
  role('system:kcp:logical-cluster-admin', [
    { apiGroups: ['core.kcp.io'], resources: ['logicalclusters', 'logicalclusters/status'], verbs: ['*'] },
    { apiGroups: ['tenancy.kcp.io'], resources: ['workspaces'], verbs: ['delete', 'update', 'get'] },
  ]),
  role('system:kcp:external-logical-cluster-admin', [
    {
      apiGroups: ['core.kcp.io'],
      resources: ['logicalclusters', 'logicalclusters/status'],
      verbs: ['delete', 'update', 'get'],
    },
    { apiGroups: ['tenancy.kcp.io'], resources: ['workspaces'], verbs: ['delete', 'update', 'patch', 'get'] },
    { apiGroups: ['tenancy.kcp.io'], resources: ['workspaceauthenticationconfigurations'], verbs: ['get'] },
    { apiGroups: [''], resources: ['serviceaccounts', 'secrets'], verbs: ['get'] },
    { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
    { apiGroups: ['apis.kcp.io'], resources: ['apiexportendpointslices'], verbs: readVerbs },
    { apiGroups: ['apis.kcp.io'], resources: ['apiexportendpointslices/status'], verbs: ['update', 'patch', 'get'] },
    { apiGroups: ['apis.kcp.io'], resources: ['apibindings'], verbs: ['list'] },
    { apiGroups: ['apis.kcp.io'], resources: ['apiexports', 'apiresourceschemas'], verbs: ['get'] },
    { apiGroups: ['apiextensions.k8s.io'], resources: ['customresourcedefinitions'], verbs: ['get', 'create'] },
    access,
  ]),
  role('system:kcp:workspace:access', [access]),
  role('system:kcp:metrics-reader', [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }]),
  role('system:kcp:tenancy:reader', [
    { apiGroups: ['tenancy.kcp.io'], resources: ['workspaces', 'workspacetypes'], verbs: readVerbs },
    { apiGroups: ['core.kcp.io'], resources: ['logicalclusters'], verbs: readVerbs },
  ]),
  bind('cluster-admin', 'cluster-admin', ['system:masters']),
  bind('system:kcp:admin:cluster-admin', 'cluster-admin', ['system:kcp:admin']),
  bind('system:basic-user', 'system:basic-user', ['system:authenticated']),
  bind('system:discovery', 'system:discovery', ['system:authenticated']),
  bind('system:public-info-viewer', 'system:public-info-viewer', ['system:authenticated', 'system:unauthenticated']),
  bind('system:service-account-issuer-discovery', 'system:service-account-issuer-discovery', [
    'system:serviceaccounts',
  ]),
  bind('system:kcp:tenancy:workspace-bootstrapper', 'system:kcp:tenancy:workspace-bootstrapper', [
    'system:kcp:tenancy:workspace-bootstrapper',
    'apis.kcp.io:binding:system:kcp:tenancy:workspace-bootstrapper',
  ]),
  bind('system:kcp:logical-cluster-admin', 'system:kcp:logical-cluster-admin', ['system:kcp:logical-cluster-admin']),
  bind('system:kcp:external-logical-cluster-admin', 'system:kcp:external-logical-cluster-admin', [
    'system:kcp:external-logical-cluster-admin',
  ]),
];

const authenticated = ['system:authenticated'];
const boundAuthenticated = ['apis.kcp.io:binding:system:authenticated'];
const exportRule = (name: string): PolicyRule => ({
  apiGroups: ['apis.kcp.io'],
  resources: ['apiexports'],
  resourceNames: [name],
  verbs: ['bind'],
});

/** RBAC of the root workspace: who may enter it, use its types and bind its exports. */
export const rootPolicy: readonly KubeObject[] = [
  role('system:kcp:apiexport:tenancy:bind', [exportRule('tenancy.kcp.io')]),
  role('system:kcp:apiexport:topology:bind', [exportRule('topology.kcp.io')]),
  role('system:kcp:apiexport:tenancy:maximal-permission-policy', [
    {
      apiGroups: ['tenancy.kcp.io'],
      resources: ['workspaces', 'workspacetypes', 'workspaceauthenticationconfigurations'],
      verbs: ['*'],
    },
    { apiGroups: ['tenancy.kcp.io'], resources: ['*/status'], verbs: readVerbs },
  ]),
  role('system:kcp:apiexport:topology:maximal-permission-policy', [
    { apiGroups: ['topology.kcp.io'], resources: ['partitions', 'partitionsets'], verbs: ['*'] },
  ]),
  role('system:kcp:apiexport:tenancy:maximal-permission-policy:kcp-admin', [
    { apiGroups: ['tenancy.kcp.io'], resources: ['*'], verbs: ['*'] },
  ]),
  role('system:kcp:home-clusterworkspace-create', [
    { apiGroups: ['tenancy.kcp.io'], resources: ['workspaces'], resourceNames: ['~'], verbs: ['create'] },
  ]),
  role('system:kcp:universal-workspacetype-use', [
    {
      apiGroups: ['tenancy.kcp.io'],
      resources: ['workspacetypes'],
      resourceNames: ['universal', 'organization', 'team'],
      verbs: ['use'],
    },
  ]),
  role('system:kcp:tenancy:authenticated:access', [access]),
  bind('system:kcp:apiexport:tenancy:bind', 'system:kcp:apiexport:tenancy:bind', authenticated),
  bind('system:kcp:apiexport:topology:bind', 'system:kcp:apiexport:topology:bind', authenticated),
  bind(
    'system:kcp:apiexport:tenancy:maximal-permission-policy',
    'system:kcp:apiexport:tenancy:maximal-permission-policy',
    boundAuthenticated,
  ),
  bind(
    'system:kcp:apiexport:topology:maximal-permission-policy',
    'system:kcp:apiexport:topology:maximal-permission-policy',
    boundAuthenticated,
  ),
  bind(
    'system:kcp:apiexport:tenancy:maximal-permission-policy:kcp-admin',
    'system:kcp:apiexport:tenancy:maximal-permission-policy:kcp-admin',
    ['apis.kcp.io:binding:system:kcp:admin'],
  ),
  bind('system:kcp:home-clusterworkspace-create', 'system:kcp:home-clusterworkspace-create', authenticated),
  bind('system:kcp:universal-workspacetype-use', 'system:kcp:universal-workspacetype-use', authenticated),
  bind('system:kcp:tenancy:authenticated:access', 'system:kcp:tenancy:authenticated:access', authenticated),
  bind('system:kcp:tenancy:reader', 'system:kcp:tenancy:reader', authenticated),
];
