import type { LogicalClusterName, UserInfo } from '@canopy/apiserver';

/** A question to the RBAC of another logical cluster, whether or not the user may enter it. */
export interface DeepQuestion {
  verb: string;
  group: string;
  resource: string;
  subresource?: string;
  name: string;
}

export interface DeepAuthorizer {
  allowed(user: UserInfo, cluster: LogicalClusterName, question: DeepQuestion): Promise<boolean>;
}
