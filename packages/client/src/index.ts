export type { Clock, Random, ScheduledCall } from './clock.ts';
export { sleep, systemClock } from './clock.ts';
export type { Transport, TransportRequest, TransportResponse } from './transport.ts';

export type { ConnectionFailure } from './rest/connection-error.ts';
export { ConnectionError, isConnectionError } from './rest/connection-error.ts';
export type { GroupVersionResource, Query, ResourcePlace } from './rest/paths.ts';
export { allClusters, clusterOf, clusterPath, resourcePath, withCluster } from './rest/paths.ts';
export type { RestClientOptions, RestRequest } from './rest/rest-client.ts';
export { RestClient } from './rest/rest-client.ts';
export { errorOfResponse, errorOfStatus } from './rest/response-error.ts';
export type { RetryPolicy } from './rest/retry-after.ts';
export type { Warning, WarningHandler } from './rest/warning-header.ts';
export { parseWarnings } from './rest/warning-header.ts';

export { DynamicClient } from './dynamic/dynamic-client.ts';
export type {
  ApplyOptions,
  CallOptions,
  DeleteOptions,
  GetOptions,
  ListOptions,
  WatchOptions,
  WriteOptions,
} from './dynamic/request-options.ts';
export type { NamedObject, PatchType } from './dynamic/resource-client.ts';
export { ResourceClient } from './dynamic/resource-client.ts';
export type { BookmarkObject, WatchEvent } from './dynamic/watch-events.ts';
