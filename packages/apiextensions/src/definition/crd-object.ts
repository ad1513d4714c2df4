import type { KubeObject, PrinterColumn, ScaleSubresource, Schema } from '@canopy/apimachinery';

export const crdGroup = 'apiextensions.k8s.io';
export const crdPlural = 'customresourcedefinitions';
/** Holds a CustomResourceDefinition until all its objects are gone. */
export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io';

export interface CrdNames {
  plural: string;
  singular?: string;
  shortNames?: string[];
  kind: string;
  listKind?: string;
  categories?: string[];
}

export interface CrdVersion {
  name: string;
  served: boolean;
  storage: boolean;
  deprecated?: boolean;
  deprecationWarning?: string | null;
  schema?: { openAPIV3Schema?: Schema } | null;
  subresources?: { status?: object | null; scale?: ScaleSubresource | null } | null;
  additionalPrinterColumns?: PrinterColumn[];
  selectableFields?: { jsonPath: string }[];
}

export interface WebhookClientConfig {
  url?: string | null;
  service?: { namespace?: string; name?: string; path?: string; port?: number } | null;
  /** PEM in base64. */
  caBundle?: string;
}

export interface CrdConversion {
  strategy: string;
  webhook?: { clientConfig?: WebhookClientConfig | null; conversionReviewVersions?: string[] } | null;
}

export interface CrdSpec {
  group: string;
  scope: string;
  names: CrdNames;
  versions: CrdVersion[];
  conversion?: CrdConversion | null;
  preserveUnknownFields?: boolean;
}

export type CrdConditionType =
  | 'Established'
  | 'NamesAccepted'
  | 'Terminating'
  | 'KubernetesAPIApprovalPolicyConformant'
  | 'NonStructuralSchema';

export interface CrdCondition {
  type: CrdConditionType;
  status: 'True' | 'False' | 'Unknown';
  lastTransitionTime?: string | null;
  reason?: string;
  message?: string;
}

export interface CrdStatus {
  conditions?: CrdCondition[] | null;
  acceptedNames?: CrdNames;
  storedVersions?: string[];
}

/** An apiextensions.k8s.io/v1 CustomResourceDefinition. */
export interface CrdObject extends KubeObject {
  spec: CrdSpec;
  status?: CrdStatus;
}

export function findCondition(crd: CrdObject, type: CrdConditionType): CrdCondition | undefined {
  return crd.status?.conditions?.find((condition) => condition.type === type);
}

export function isConditionTrue(crd: CrdObject, type: CrdConditionType): boolean {
  return findCondition(crd, type)?.status === 'True';
}

/** Established definitions are served. */
export function isEstablished(crd: CrdObject): boolean {
  return isConditionTrue(crd, 'Established');
}

/** Definitions that are being deleted: their objects can be read and deleted, but no new ones are created. */
export function isTerminating(crd: CrdObject): boolean {
  return crd.metadata.deletionTimestamp !== undefined || isConditionTrue(crd, 'Terminating');
}

/** The status conditions with `condition` set; its transition time stays while its status does. */
export function withCondition(
  conditions: readonly CrdCondition[],
  condition: Omit<CrdCondition, 'lastTransitionTime'>,
  now: string,
): CrdCondition[] {
  const index = conditions.findIndex((candidate) => candidate.type === condition.type);
  const old = conditions[index];
  const lastTransitionTime = old?.status === condition.status ? (old.lastTransitionTime ?? now) : now;
  const { type, status, ...rest } = condition;
  const next: CrdCondition = { type, status, lastTransitionTime, ...rest };
  return old === undefined ? [...conditions, next] : conditions.with(index, next);
}

/** What the definition must be called: `<plural>.<group>`; the core group, a kcp extension, is spelt out. */
export function crdNameOf(spec: CrdSpec): string {
  return `${spec.names.plural}.${spec.group === '' ? 'core' : spec.group}`;
}

export function storageVersionOf(spec: CrdSpec): string | undefined {
  return spec.versions.find((version) => version.storage)?.name;
}
