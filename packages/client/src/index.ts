export type { Clock, Random, ScheduledCall } from './clock.ts';
export { sleep, systemClock } from './clock.ts';
export type { Condition } from './controller/conditions.ts';
export { findCondition, isConditionTrue, withCondition } from './controller/conditions.ts';
export type { ControllerOptions, Reconcile, ReconcileContext } from './controller/controller.ts';
export { Controller } from './controller/controller.ts';
export type { ControllerWatch, EventMapper } from './controller/controller-watch.ts';
export { statesOf, toController, watchInformer } from './controller/controller-watch.ts';
export type { EventNote, EventRecorderOptions } from './controller/event-recorder.ts';
export { EventRecorder } from './controller/event-recorder.ts';
export type { EndpointSlice, ExportEndpoint, WatchEndpointsOptions } from './controller/export-endpoints.ts';
export { watchExportEndpoints } from './controller/export-endpoints.ts';
export { ensureFinalizer, removeFinalizer } from './controller/finalizers.ts';
export type { LeaderElectorOptions, Lease } from './controller/leader-elector.ts';
export { LeaderElector } from './controller/leader-elector.ts';
export type { Logger } from './controller/logger.ts';
export { silentLogger } from './controller/logger.ts';
export type { ManagerOptions, Runnable } from './controller/manager.ts';
export { runManager } from './controller/manager.ts';
export { controllerReference, ownerReference, withOwnerReference } from './controller/owner-references.ts';
export type { ReconcileRequest, ReconcileResult } from './controller/reconcile-result.ts';
export { done, requeueAfter } from './controller/reconcile-result.ts';
export type { WrittenObject } from './controller/write-object.ts';
export { applyObject, createOrPatch } from './controller/write-object.ts';
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
export type { InformerEvent, InformerHandler, InformerOptions, KeptMetadata } from './informer/informer.ts';
export { Informer, keepKey, keepMetadata } from './informer/informer.ts';
export type { ObjectKey, WithMetadata } from './informer/object-key.ts';
export { clusterAnnotation, keyText, objectKey } from './informer/object-key.ts';
export type { IndexFunction, ReadonlyStore } from './informer/object-store.ts';
export type { ConnectionFailure } from './rest/connection-error.ts';
export { ConnectionError, isConnectionError } from './rest/connection-error.ts';
export type { GroupVersionResource, Query, ResourcePlace } from './rest/paths.ts';
export { allClusters, clusterOf, clusterPath, resourcePath, withCluster } from './rest/paths.ts';
export { errorOfResponse, errorOfStatus } from './rest/response-error.ts';
export type { RestClientOptions, RestRequest } from './rest/rest-client.ts';
export { RestClient } from './rest/rest-client.ts';
export type { RetryPolicy } from './rest/retry-after.ts';
export type { Warning, WarningHandler } from './rest/warning-header.ts';
export { parseWarnings } from './rest/warning-header.ts';
export type { Transport, TransportRequest, TransportResponse } from './transport.ts';
export type { ReflectorOptions, ReflectorSink } from './watch/reflector.ts';
export { runReflector } from './watch/reflector.ts';
export type { ReflectorInput, ReflectorState } from './watch/reflector-state.ts';
export { compareVersions } from './watch/resource-version.ts';
export type { ExponentialOptions, RateLimiter, TokenBucketOptions } from './workqueue/rate-limiter.ts';
export { ExponentialLimiter, slowestOf, TokenBucketLimiter } from './workqueue/rate-limiter.ts';
export type { WorkQueueOptions } from './workqueue/work-queue.ts';
export { WorkQueue } from './workqueue/work-queue.ts';
