import type { Condition } from '@canopy/api';
import type { KubeObject } from '@canopy/apimachinery';

/** The parts of the apis.kcp.io kinds (v1alpha2, the storage version) that the server works with. */
export interface ExportResource {
  name: string;
  group: string;
  schema: string;
  storage?: { crd?: object; virtual?: { reference: object; identityHash: string } };
}

export interface ExportClaim {
  group?: string;
  resource: string;
  verbs: string[];
  identityHash?: string;
  defaultSelector?: ClaimSelector;
}

export interface ClaimSelector {
  matchAll?: boolean;
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

export interface BindingClaim extends ExportClaim {
  state: 'Accepted' | 'Rejected';
  selector?: ClaimSelector;
}

export interface ExportSpec {
  resources?: ExportResource[];
  permissionClaims?: ExportClaim[];
  identity?: { secretRef?: { namespace?: string; name?: string } };
}

export interface BindingSpec {
  reference: { export?: { path?: string; name: string } };
  permissionClaims?: BindingClaim[];
}

export interface BindingStatus {
  phase?: 'Binding' | 'Bound';
  apiExportClusterName?: string;
  boundResources?: BoundResourceStatus[];
  appliedPermissionClaims?: object[];
  exportPermissionClaims?: ExportClaim[];
  conditions?: Condition[];
}

export interface BoundResourceStatus {
  group: string;
  resource: string;
  schema: { name: string; UID: string; identityHash: string };
  storageVersions: string[];
}

export function exportSpecOf(object: KubeObject): ExportSpec {
  return (object.spec ?? {}) as ExportSpec;
}

export function bindingSpecOf(object: KubeObject): BindingSpec {
  return (object.spec ?? {}) as BindingSpec;
}

export function bindingStatusOf(object: KubeObject): BindingStatus {
  object.status ??= {};
  return object.status as BindingStatus;
}

export function identityHashOfExport(object: KubeObject): string {
  return (object.status as { identityHash?: string } | undefined)?.identityHash ?? '';
}

/** `widgets.example.com`, or `widgets` in the core group: keys of the lock table, names in messages. */
export function resourceText(group: string, resource: string): string {
  return group === '' ? resource : `${resource}.${group}`;
}

/** `path:name`, as messages name an export. */
export function exportText(reference: { path?: string; name: string } | undefined): string {
  if (reference === undefined) return '';
  return reference.path ? `${reference.path}:${reference.name}` : reference.name;
}
