import { type FieldError, invalidValue, required } from '@canopy/apimachinery';
import type { CrdCondition, CrdObject } from '../definition/crd-object.ts';

/** Annotation that definitions in the groups of Kubernetes itself must carry (KEP-1111). */
export const approvalAnnotation = 'api-approved.kubernetes.io';

const policy = 'see https://github.com/kubernetes/enhancements/pull/1111';
const field = `metadata.annotations[${approvalAnnotation}]`;

export type ApprovalState = 'missing' | 'unapproved' | 'approved' | 'invalid';

/** Groups of the Kubernetes community. */
export function isProtectedGroup(group: string): boolean {
  return (
    group === 'k8s.io' || group.endsWith('.k8s.io') || group === 'kubernetes.io' || group.endsWith('.kubernetes.io')
  );
}

export function approvalStateOf(annotation: string | undefined): ApprovalState {
  if (annotation === undefined || annotation === '') return 'missing';
  if (annotation.startsWith('unapproved')) return 'unapproved';
  return URL.canParse(annotation) && annotation.includes('://') ? 'approved' : 'invalid';
}

function messageOf(state: ApprovalState, annotation: string): string {
  switch (state) {
    case 'missing':
      return `protected groups must have approval annotation "${approvalAnnotation}", ${policy}`;
    case 'unapproved':
      return `not approved: ${JSON.stringify(annotation)}`;
    case 'approved':
      return `approved in ${annotation}`;
    case 'invalid':
      return `protected groups must have approval annotation "${approvalAnnotation}" with either a URL or a reason starting with "unapproved", ${policy}`;
  }
}

const reasons: Readonly<Record<ApprovalState, string>> = {
  missing: 'MissingAnnotation',
  unapproved: 'UnapprovedAnnotation',
  approved: 'ApprovedAnnotation',
  invalid: 'InvalidAnnotation',
};

/** Undefined for groups that need no approval. */
export function approvalCondition(crd: CrdObject): Omit<CrdCondition, 'lastTransitionTime'> | undefined {
  if (!isProtectedGroup(crd.spec.group)) return undefined;
  const annotation = crd.metadata.annotations?.[approvalAnnotation] ?? '';
  const state = approvalStateOf(annotation);
  return {
    type: 'KubernetesAPIApprovalPolicyConformant',
    status: state === 'approved' ? 'True' : 'False',
    reason: reasons[state],
    message: messageOf(state, annotation),
  };
}

/** A change that leaves the annotation's state as it was is accepted. */
export function validateApproval(crd: CrdObject, old: CrdObject | undefined): FieldError[] {
  if (!isProtectedGroup(crd.spec.group)) return [];
  const annotation = crd.metadata.annotations?.[approvalAnnotation] ?? '';
  const state = approvalStateOf(annotation);
  if (old !== undefined && approvalStateOf(old.metadata.annotations?.[approvalAnnotation]) === state) return [];
  if (state === 'missing') return [required(field, messageOf(state, annotation))];
  if (state === 'invalid') return [invalidValue(field, annotation, messageOf(state, annotation))];
  return [];
}
