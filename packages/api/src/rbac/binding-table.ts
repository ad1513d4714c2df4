import type { KubeObject } from '@canopy/apimachinery';
import { ageOf } from '../tables/age.ts';
import type { Cell } from '../tables/table-cells.ts';
import type { RoleBinding } from './role-binding.ts';
import type { Subject } from './subject.ts';

/** Cells of Role, Age, Users, Groups, ServiceAccounts; for both kinds of bindings. */
export function bindingCells(object: KubeObject, now: number): Cell[] {
  const { roleRef, subjects, metadata } = object as unknown as RoleBinding;
  return [
    `${roleRef?.kind}/${roleRef?.name}`,
    ageOf(metadata.creationTimestamp, now),
    namesOf(subjects, 'User'),
    namesOf(subjects, 'Group'),
    namesOf(subjects, 'ServiceAccount'),
  ];
}

function namesOf(subjects: readonly Subject[] | undefined, kind: string): string {
  const names: string[] = [];
  for (const subject of subjects ?? []) {
    if (subject.kind !== kind) continue;
    const qualified = kind === 'ServiceAccount' && subject.namespace !== undefined && subject.namespace !== '';
    names.push(qualified ? `${subject.namespace}/${subject.name}` : subject.name);
  }
  return names.join(', ');
}
