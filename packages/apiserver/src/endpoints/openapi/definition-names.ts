import type { ServedResource } from '../../registry/served-resource.ts';

export interface GroupVersionKind {
  group: string;
  version: string;
  kind: string;
}

const metaPackage = 'io.k8s.apimachinery.pkg.apis.meta.v1';

export function metaDefinition(type: string): string {
  return `${metaPackage}.${type}`;
}

export const scaleKind: GroupVersionKind = { group: 'autoscaling', version: 'v1', kind: 'Scale' };

/** Kinds whose schemas are the server's own: they can be patched strategically, and fields keep their types in OpenAPI v2. */
export function isNative(resource: ServedResource): boolean {
  return resource.origin.kind === 'builtin' || resource.origin.kind === 'system';
}

/** Groups whose Go packages are not named after the first label of the group. */
const packages: Readonly<Record<string, string>> = {
  '': 'io.k8s.api.core',
  'apiextensions.k8s.io': 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions',
  'apiregistration.k8s.io': 'io.k8s.kube-aggregator.pkg.apis.apiregistration',
  'internal.apiserver.k8s.io': 'io.k8s.api.apiserverinternal',
};

/**
 * Name of a kind's schema as Kubernetes publishes it: by Go package for its own kinds
 * (`io.k8s.api.rbac.v1.ClusterRole`), by reversed group for all others (`com.example.v1.Widget`).
 */
export function definitionName({ group, version, kind }: GroupVersionKind, native: boolean): string {
  return `${definitionPackage(group, native)}.${version}.${kind}`;
}

function definitionPackage(group: string, native: boolean): string {
  if (group === '') return packages['']!;
  if (native) {
    if (Object.hasOwn(packages, group)) return packages[group]!;
    if (!group.includes('.') || group.endsWith('.k8s.io')) return `io.k8s.api.${group.split('.')[0]}`;
  }
  return group.split('.').reverse().join('.');
}

/** The part of operation ids that names the group and version: `CoreV1`, `RbacAuthorizationV1`, `ExampleComV1beta1`. */
export function operationGroup(group: string, version: string): string {
  return groupWords(group).map(capitalize).join('') + capitalize(version);
}

/** The tag of a group and version: `core_v1`, `rbacAuthorization_v1`. */
export function operationTag(group: string, version: string): string {
  const [first = '', ...rest] = groupWords(group);
  return `${first}${rest.map(capitalize).join('')}_${version}`;
}

function groupWords(group: string): string[] {
  if (group === '') return ['core'];
  return (group.endsWith('.k8s.io') ? group.slice(0, -'.k8s.io'.length) : group).split(/[.-]/);
}

export function capitalize(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
