/**
 * Order of API versions and groups in discovery, most preferred first. Sources: Kubernetes documentation, "Versions in
 * CustomResourceDefinitions" (version priority) and the group priorities under which kube-apiserver registers its own
 * API services.
 */

const stability = { alpha: 1, beta: 2, '': 3 } as const;

interface KubeVersion {
  level: number;
  major: number;
  minor: number;
}

function parseKubeVersion(version: string): KubeVersion | undefined {
  const match = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/.exec(version);
  if (match === null) return undefined;
  return {
    level: stability[(match[2] ?? '') as keyof typeof stability],
    major: Number(match[1]),
    minor: Number(match[3] ?? 0),
  };
}

/**
 * Comparator that puts the preferred version first: v10, v2, v1, v11beta2, v10beta3, v3beta1, v12alpha1, v11alpha2, and
 * then what is no such version, alphabetically.
 */
export function compareVersions(a: string, b: string): number {
  const left = parseKubeVersion(a);
  const right = parseKubeVersion(b);
  if (left === undefined || right === undefined) {
    if (left === right) return compareText(a, b);
    return left === undefined ? 1 : -1;
  }
  return right.level - left.level || right.major - left.major || right.minor - left.minor;
}

const groupPriority: Readonly<Record<string, number>> = {
  '': 18000,
  'apiregistration.k8s.io': 18000,
  apps: 17800,
  'events.k8s.io': 17750,
  'authentication.k8s.io': 17700,
  'authorization.k8s.io': 17600,
  autoscaling: 17500,
  batch: 17400,
  'certificates.k8s.io': 17300,
  'networking.k8s.io': 17200,
  policy: 17100,
  'rbac.authorization.k8s.io': 17000,
  'storage.k8s.io': 16800,
  'apiextensions.k8s.io': 16700,
  'admissionregistration.k8s.io': 16700,
  'scheduling.k8s.io': 16600,
  'coordination.k8s.io': 16500,
  'node.k8s.io': 16300,
  'discovery.k8s.io': 16200,
  'flowcontrol.apiserver.k8s.io': 16100,
};
const defaultGroupPriority = 1000;

/** Comparator of group names: Kubernetes' own groups in its order, then all others alphabetically. */
export function compareGroups(a: string, b: string): number {
  const priority = (group: string): number =>
    Object.hasOwn(groupPriority, group) ? groupPriority[group]! : defaultGroupPriority;
  return priority(b) - priority(a) || compareText(a, b);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
