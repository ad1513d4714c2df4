/** Group that is allowed everything without being asked. Never let through the front proxy. */
export const mastersGroup = 'system:masters';

/** Group of administrators: may do everything in every workspace, by RBAC. */
export const kcpAdminGroup = 'system:kcp:admin';

/** Group for bootstrapping and default bindings; also the name of its cluster role. */
export const workspaceBootstrapperGroup = 'system:kcp:tenancy:workspace-bootstrapper';

/** Group of the scheduler on shards; also the name of its cluster role. Cannot pass the front proxy. */
export const logicalClusterAdminGroup = 'system:kcp:logical-cluster-admin';

/** Group of controllers that work across shards through the front proxy; also the name of its cluster role. */
export const externalLogicalClusterAdminGroup = 'system:kcp:external-logical-cluster-admin';

/** Group of all who have authenticated. */
export const authenticatedGroup = 'system:authenticated';

/** Group of all who have not. */
export const unauthenticatedGroup = 'system:unauthenticated';

/** User without credentials. */
export const anonymousUser = 'system:anonymous';

/** User of the bootstrap client. */
export const bootstrapperUser = 'system:kcp:bootstrapper';

/** Begin of the group of identities that come from a logical cluster; its name follows. */
export const clusterGroupPrefix = 'system:cluster:';

/** Begin of the group of an initializing controller; the initializer follows. */
export const initializerGroupPrefix = 'system:kcp:initializer:';

/** Begin of the group of a terminating controller; the terminator follows. */
export const terminatorGroupPrefix = 'system:kcp:terminator:';

/** Begin of a service account's user name in its own cluster; `<namespace>:<name>` follows. */
export const serviceAccountUserPrefix = 'system:serviceaccount:';

/** Begin of a service account's user name everywhere; `<cluster>:<namespace>:<name>` follows. */
export const globalServiceAccountUserPrefix = 'system:kcp:serviceaccount:';

/** Group of all service accounts. With `:<namespace>` after it, of those in a namespace. */
export const serviceAccountsGroup = 'system:serviceaccounts';
