export { type AnyObject, type ApiAnswer, ApiCaller, type CallOptions } from './api-caller.ts';
export { ClusterApi, type ClusterApiOptions, type ObjectName } from './cluster-api.ts';
export { type ControlPlane, type ControlPlaneOptions, startControlPlane } from './control-plane.ts';
export { type LiveEvent, LiveWatch } from './live-watch.ts';
export { type RunningServer, type RunningServerOptions, startServer, type TestUser } from './running-server.ts';
