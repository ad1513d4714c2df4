import type { KubeObject } from '@canopy/apimachinery';

export const rbacGroup = 'rbac.authorization.k8s.io';

/** rbac/v1 PolicyRule. */
export interface RbacRule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
}

export interface RoleReference {
  apiGroup?: string;
  kind: string;
  name: string;
}

export interface RbacSubject {
  kind: string;
  apiGroup?: string;
  name: string;
  namespace?: string;
}

/** A Role or ClusterRole. */
export interface RoleObject extends KubeObject {
  rules?: RbacRule[] | null;
  aggregationRule?: { clusterRoleSelectors?: unknown[] } | null;
}

/** A RoleBinding or ClusterRoleBinding. */
export interface BindingObject extends KubeObject {
  roleRef: RoleReference;
  subjects?: RbacSubject[] | null;
}
