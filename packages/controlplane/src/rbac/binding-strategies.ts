import {
  deepEqual,
  dns1123SubdomainErrors,
  type FieldError,
  invalidValue,
  type KubeObject,
  notSupported,
  pathSegmentNameErrors,
  required,
} from '@canopy/apimachinery';
import type { Strategy } from '@canopy/apiserver';
import { type BindingObject, type RbacSubject, rbacGroup } from './rbac-objects.ts';

/** Groups that may be left out are filled in: they have one possible value. */
function fillGroups(object: KubeObject): void {
  const { roleRef, subjects } = object as BindingObject;
  if (roleRef !== undefined && roleRef !== null) roleRef.apiGroup ||= rbacGroup;
  for (const subject of subjects ?? []) {
    if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ||= rbacGroup;
  }
}

function checkSubject(subject: RbacSubject, needsNamespace: boolean, at: string, errors: FieldError[]): void {
  if (!subject.name) errors.push(required(`${at}.name`));
  const group = subject.apiGroup ?? '';
  switch (subject.kind) {
    case 'ServiceAccount':
      if (subject.name) {
        for (const error of dns1123SubdomainErrors(subject.name))
          errors.push(invalidValue(`${at}.name`, subject.name, error));
      }
      if (group !== '') errors.push(notSupported(`${at}.apiGroup`, group, ['']));
      if (needsNamespace && !subject.namespace) errors.push(required(`${at}.namespace`));
      return;
    case 'User':
    case 'Group':
      if (group !== rbacGroup) errors.push(notSupported(`${at}.apiGroup`, group, [rbacGroup]));
      return;
    default:
      errors.push(notSupported(`${at}.kind`, subject.kind, ['ServiceAccount', 'User', 'Group']));
  }
}

function validateBinding(object: KubeObject, roleKinds: readonly string[]): FieldError[] {
  const { roleRef, subjects, metadata } = object as BindingObject;
  const errors: FieldError[] = [];
  if (roleRef.apiGroup !== rbacGroup) errors.push(notSupported('roleRef.apiGroup', roleRef.apiGroup, [rbacGroup]));
  if (!roleKinds.includes(roleRef.kind)) errors.push(notSupported('roleRef.kind', roleRef.kind, roleKinds));
  if (!roleRef.name) errors.push(required('roleRef.name'));
  else
    for (const error of pathSegmentNameErrors(roleRef.name))
      errors.push(invalidValue('roleRef.name', roleRef.name, error));
  const needsNamespace = metadata.namespace === undefined;
  for (const [index, subject] of (subjects ?? []).entries()) {
    checkSubject(subject, needsNamespace, `subjects[${index}]`, errors);
  }
  return errors;
}

function bindingStrategy(roleKinds: readonly string[]): Strategy {
  return {
    tracksGeneration: false,
    allowCreateOnUpdate: true,
    prepareForCreate: fillGroups,
    prepareForUpdate: fillGroups,
    validateCreate: (object) => validateBinding(object, roleKinds),
    validateUpdate(object, old) {
      const errors = validateBinding(object, roleKinds);
      const { roleRef } = object as BindingObject;
      if (!deepEqual(roleRef, (old as BindingObject).roleRef)) {
        errors.push(invalidValue('roleRef', roleRef, 'cannot change roleRef'));
      }
      return errors;
    },
  };
}

export const roleBindingStrategy = bindingStrategy(['Role', 'ClusterRole']);
export const clusterRoleBindingStrategy = bindingStrategy(['ClusterRole']);
