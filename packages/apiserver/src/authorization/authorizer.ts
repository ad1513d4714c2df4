import type { UserInfo } from '../authentication/authenticator.ts';
import type { LogicalClusterName } from '../registry/logical-cluster.ts';

/** What somebody wants to do. `cluster` undefined means all clusters (wildcard) or none (cluster-less paths). */
export interface AuthorizationAttributes {
  user: UserInfo;
  cluster: LogicalClusterName | undefined;
  /** `*` requests and cluster-less paths are told apart by this. */
  wildcard: boolean;
  /** API verb (`get`, `list`, …, `use`, `bind`), or the lower-case HTTP method for non-resource requests. */
  verb: string;
  resourceRequest: boolean;
  group: string;
  version: string;
  /** Plural resource, without subresource. */
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
  /** Path of a non-resource request, without the `/clusters/<name>` prefix. */
  path: string;
}

export type Decision = 'allow' | 'deny' | 'no-opinion';

export interface Authorization {
  decision: Decision;
  /** For audit and `kubectl auth can-i`; what is told to users is decided elsewhere. */
  reason: string;
  /** The step that decided; goes into the audit annotations. */
  authorizer: string;
}

/** One step of the chain, or the chain itself. */
export interface Authorizer {
  readonly name: string;
  authorize(attributes: AuthorizationAttributes): Authorization | Promise<Authorization>;
}
