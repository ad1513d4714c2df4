export { DerivedCache } from '@canopy/storage';
export type { AdmissionOperation, AdmissionPlugin, AdmissionRequest } from './admission/admission.ts';
export { admit } from './admission/admission.ts';
export type { AuthenticationResult, Authenticator, Credentials, UserInfo } from './authentication/authenticator.ts';
export {
  anonymousUser,
  systemAuthenticated,
  systemMasters,
  systemUnauthenticated,
} from './authentication/authenticator.ts';
export type { TokenDependencies, TokenRequest } from './authentication/service-account-tokens.ts';
export {
  defaultIssuer,
  ServiceAccountTokens,
  serviceAccountAuthenticator,
} from './authentication/service-account-tokens.ts';
export { parseTokenFile, TokenTable, tokenAuthenticator } from './authentication/token-authenticator.ts';
export { unionAuthenticator } from './authentication/union-authenticator.ts';
export { x509Authenticator } from './authentication/x509-authenticator.ts';
export type { Authorization, AuthorizationAttributes, Authorizer, Decision } from './authorization/authorizer.ts';
export type { WorkspaceAuthorizerOptions } from './authorization/authorizer-order.ts';
export { authorizerSteps, deepAuthorize, workspaceAuthorizer } from './authorization/authorizer-order.ts';
export { rootPolicy, systemPolicy } from './authorization/bootstrap-policy.ts';
export { effectiveUsers } from './authorization/effective-users.ts';
export { forbiddenMessage } from './authorization/forbidden-message.ts';
export type { RbacVerdict } from './authorization/rbac/rbac.ts';
export { Rbac, systemAdminCluster } from './authorization/rbac/rbac.ts';
export type { PolicyRule } from './authorization/rbac/rule-matching.ts';
export { ruleAllows, rulesCover } from './authorization/rbac/rule-matching.ts';
export type {
  ApiResponse,
  CompleteResponse,
  ResponseBody,
  ResponseSink,
  StreamResponse,
} from './endpoints/api-response.ts';
export { jsonResponse, leastBytes, textResponse, wholeBody } from './endpoints/api-response.ts';
export { decodeBody, expectKind, isObject, readBody } from './endpoints/body.ts';
export type { DiscoveryDocuments } from './endpoints/discovery/discovery.ts';
export { answerDiscovery, renderDiscovery } from './endpoints/discovery/discovery.ts';
export { DiscoveryCache } from './endpoints/discovery/discovery-cache.ts';
export { dispatchResource } from './endpoints/dispatch.ts';
export { handlePatch } from './endpoints/handlers/patch.ts';
export type { HealthCheck, HealthChecks } from './endpoints/health.ts';
export { handleHealth } from './endpoints/health.ts';
export { compressResponse, gzipOnce } from './endpoints/negotiation/compression.ts';
export { OpenApiDocuments } from './endpoints/openapi/openapi-documents.ts';
export { renderObject } from './endpoints/rendering.ts';
export type {
  ApiDomain,
  AuthorizedContext,
  ClusterContext,
  ClusterTarget,
  IncomingRequest,
  InfoContext,
  Restriction,
  UserContext,
} from './endpoints/request-context.ts';
export type { RequestInfo } from './endpoints/request-info.ts';
export { parseRequestInfo } from './endpoints/request-info.ts';
export type { EndpointServices, ResourceCall } from './endpoints/resource-call.ts';
export { objectRequestOf, singleCluster, writeOptionsOf } from './endpoints/resource-call.ts';
export type { SpecialEndpoints, SubresourceDescription, SubresourceEndpoint } from './endpoints/subresources.ts';
export { subresourcesOf } from './endpoints/subresources.ts';
export type { VersionInfo } from './endpoints/version.ts';
export { versionInfo } from './endpoints/version.ts';
export { withAuthenticatedGroup } from './filters/authentication.ts';
export type { Filter } from './filters/chain.ts';
export { Chain } from './filters/chain.ts';
export type { HandlerChainOptions } from './filters/handler-chain.ts';
export { handlerChain } from './filters/handler-chain.ts';
export type { ClusterResolver, LogicalClusterOptions, VirtualWorkspace } from './filters/logical-cluster.ts';
export { createObject } from './registry/create.ts';
export type { DeleteOptions, Deletion } from './registry/delete.ts';
export { deleteObject } from './registry/delete.ts';
export type { GarbageMark } from './registry/garbage-marks.ts';
export { decodeGarbageMark, garbageMarkPrefix, markIfOwner } from './registry/garbage-marks.ts';
export { findObject, getObject, objectOf } from './registry/get.ts';
export type { ListOptions, ListResult } from './registry/list.ts';
export { listObjects } from './registry/list.ts';
export { ListCache } from './registry/listing/list-cache.ts';
export type { Access, ClusterAccess, LogicalClusterName, WildcardAccess } from './registry/logical-cluster.ts';
export {
  logicalClusterName,
  mintClusterAccess,
  mintWildcardAccess,
  parseLogicalClusterName,
} from './registry/logical-cluster.ts';
export { decodeObject, encodeObject, spliceRevision } from './registry/object-codec.ts';
export {
  clusterIndex,
  deletingIndex,
  indexEntries,
  labelIndex,
  labelIndexValue,
  ownerIndex,
  ownerIndexValue,
} from './registry/object-indexes.ts';
export { keyOfObject, putNewObject, putObject } from './registry/object-operation.ts';
export { messageOf } from './registry/object-rules.ts';
export type {
  CollectionRequest,
  LeasePool,
  ObjectRequest,
  Registry,
  StoredObject,
  WriteOptions,
} from './registry/registry.ts';
export { groupKindOf, groupResourceOf, inVersion, keyOf } from './registry/registry.ts';
export type { ServeOptions } from './registry/serve-resource.ts';
export { makeSurface, serveResource } from './registry/serve-resource.ts';
export type { ApiSurface, ResourceOrigin, ServedResource, ServedVersion } from './registry/served-resource.ts';
export { toStatusError } from './registry/storage-errors.ts';
export type { Strategy, StrategyContext } from './registry/strategy.ts';
export { defaultStrategy } from './registry/strategy.ts';
export type { Clock, Identifiers } from './registry/system-metadata.ts';
export { clusterAnnotation, foregroundFinalizer, orphanFinalizer, timestamp } from './registry/system-metadata.ts';
export type { UpdateStep } from './registry/update.ts';
export { updateObject } from './registry/update.ts';
export type { ApiServerOptions, FinishedRequest } from './server/api-server.ts';
export { ApiServer } from './server/api-server.ts';
export type { Listener, ListenerOptions } from './server/http-listener.ts';
export { listen } from './server/http-listener.ts';
export { flushOutputs } from './server/http2/output.ts';
export { statusResponse } from './server/status-response.ts';
