import type { GroupVersionResource } from '@canopy/client';

export const workspacesResource: GroupVersionResource = {
  group: 'tenancy.kcp.io',
  version: 'v1alpha1',
  resource: 'workspaces',
};
export const logicalClustersResource: GroupVersionResource = {
  group: 'core.kcp.io',
  version: 'v1alpha1',
  resource: 'logicalclusters',
};
export const bindingsResource: GroupVersionResource = {
  group: 'apis.kcp.io',
  version: 'v1alpha2',
  resource: 'apibindings',
};
export const exportsResource: GroupVersionResource = {
  group: 'apis.kcp.io',
  version: 'v1alpha2',
  resource: 'apiexports',
};

export const endpointSlicesResource: GroupVersionResource = {
  group: 'apis.kcp.io',
  version: 'v1alpha1',
  resource: 'apiexportendpointslices',
};

interface Metadata {
  name?: string;
  annotations?: Record<string, string>;
  labels?: Record<string, string>;
  deletionTimestamp?: string;
  resourceVersion?: string;
}

export interface WorkspaceObject {
  apiVersion: string;
  kind: string;
  metadata: Metadata;
  spec?: { type?: { name: string; path?: string }; cluster?: string; URL?: string; mount?: object; location?: object };
  status?: { phase?: string };
}

export interface PermissionClaim {
  group?: string;
  resource: string;
  identityHash?: string;
  verbs?: string[];
  state?: string;
  selector?: object;
}

export interface BindingObject {
  apiVersion: string;
  kind: string;
  metadata: Metadata;
  spec: { reference: { export: { path?: string; name: string } }; permissionClaims?: PermissionClaim[] };
  status?: {
    phase?: string;
    exportPermissionClaims?: PermissionClaim[];
    conditions?: { type: string; status: string; message?: string }[];
  };
}

/** Group, resource and identity are what a claim is told by. */
export function sameClaim(a: PermissionClaim, b: PermissionClaim): boolean {
  return (
    (a.group ?? '') === (b.group ?? '') &&
    a.resource === b.resource &&
    (a.identityHash ?? '') === (b.identityHash ?? '')
  );
}

/** `secrets`, or `widgets.example.com`. */
export function claimText(claim: { group?: string; resource: string }): string {
  return claim.group ? `${claim.resource}.${claim.group}` : claim.resource;
}
