export { type AnyObject, type ApiAnswer, ApiCaller, type CallOptions } from './api-caller.ts';
export {
  apiBinding,
  apiExport,
  configMap,
  customResource,
  type DemoAnswer,
  type DemoClaim,
  type DemoResource,
  demoObject,
  kindOf,
  resourceSchema,
} from './api-objects.ts';
export { ClusterApi, type ClusterApiOptions, type ObjectName } from './cluster-api.ts';
export { type ControlPlane, type ControlPlaneOptions, startControlPlane } from './control-plane.ts';
export { FaultyStorage, type WriteFault } from './faulty-storage.ts';
export { type LiveEvent, LiveWatch } from './live-watch.ts';
export { type RunningServer, type RunningServerOptions, startServer, type TestUser } from './running-server.ts';
export {
  apis,
  apisV1alpha1,
  bindRole,
  conditionOf,
  core,
  createWorkspace,
  eventually,
  grant,
  letIn,
  makeAdmin,
  publish,
  type RbacRule,
  rbac,
  tenancy,
  workspaceObject,
} from './workspace-steps.ts';
