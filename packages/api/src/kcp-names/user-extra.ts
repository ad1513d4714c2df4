/** Extra key: `cluster:<name>[,cluster:<name>…]`; the user counts in these clusters only. Several values intersect. */
export const scopesExtraKey = 'authentication.kcp.io/scopes';

/** Extra key: JSON of further users whose permissions the user has. */
export const warrantExtraKey = 'authorization.kcp.io/warrant';

/** Extra key: logical cluster that the user comes from. */
export const clusterNameExtraKey = 'authentication.kcp.io/cluster-name';

/** Extra key: user who made a request through an APIExport's virtual workspace. */
export const originalUsernameExtraKey = 'experimental.authorization.kcp.io/original-username';

/** Extra key: groups of the user of {@link originalUsernameExtraKey}. */
export const originalGroupsExtraKey = 'experimental.authorization.kcp.io/original-groups';

/** Begin of a value of {@link scopesExtraKey}. */
export const clusterScopePrefix = 'cluster:';
