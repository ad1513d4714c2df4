export { ClusterApi, type ClusterApiOptions, type ObjectName } from './cluster-api.ts';
export { type ControlPlane, type ControlPlaneOptions, startControlPlane } from './control-plane.ts';
