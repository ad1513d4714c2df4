/** Cluster role with access to `/`, to be bound to those who may enter a workspace. */
export const workspaceAccessClusterRole = 'system:kcp:workspace:access';

/** Cluster role that may read `/metrics`. */
export const metricsReaderClusterRole = 'system:kcp:metrics-reader';

/** Cluster role that may read workspaces, their types and logical clusters. */
export const tenancyReaderClusterRole = 'system:kcp:tenancy:reader';

/** Verb on the path `/`: entering a workspace. */
export const accessVerb = 'access';

/** Verb on `apiexports`: binding one. */
export const bindVerb = 'bind';

/** Verb on `workspacetypes`: making workspaces of one. */
export const useVerb = 'use';

/** Verb on `workspacetypes`: working as its initializing controller. */
export const initializeVerb = 'initialize';

/** Verb on `workspacetypes`: working as its terminating controller. */
export const terminateVerb = 'terminate';
