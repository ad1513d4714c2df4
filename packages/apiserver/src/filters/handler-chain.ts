import type { Authenticator } from '../authentication/authenticator.ts';
import type { AuthorizedContext, IncomingRequest } from '../endpoints/request-context.ts';
import { authenticationFilter } from './authentication.ts';
import { type AuthorizationOptions, authorizationFilter } from './authorization.ts';
import { Chain, type Filter } from './chain.ts';
import { type FlowControlOptions, flowControlFilter } from './flow-control.ts';
import { impersonationFilter } from './impersonation.ts';
import { type LogicalClusterOptions, logicalClusterFilter } from './logical-cluster.ts';
import { requestInfoFilter } from './request-info.ts';

export interface HandlerChainOptions {
  logicalCluster: LogicalClusterOptions;
  authenticator: Authenticator;
  flowControl: FlowControlOptions;
  /** Refuses whole logical clusters (inactive ones); only those who may enter hear of it. */
  clusterGate: Filter<AuthorizedContext, AuthorizedContext>;
  authorization: AuthorizationOptions;
}

/** The way of every request, in execution order. What comes in leaves as an authorised context or as a Status. */
export function handlerChain(options: HandlerChainOptions): Chain<IncomingRequest, AuthorizedContext> {
  return Chain.start<IncomingRequest>()
    .then(logicalClusterFilter(options.logicalCluster))
    .then(requestInfoFilter)
    .then(authenticationFilter(options.authenticator))
    .then(impersonationFilter(options.authorization))
    .then(flowControlFilter(options.flowControl))
    .then(authorizationFilter(options.authorization))
    .then(options.clusterGate);
}
