import { type StatusCause, StatusError } from '../meta/status-error.ts';
import { type FieldSet, fieldPaths } from './field-set.ts';
import type { Manager } from './managers.ts';
import { compareText, goJsonString } from './path-element.ts';

/** Fields of a manager that an apply would change. */
export interface ApplyConflict {
  manager: Manager;
  fields: FieldSet;
}

/** 409 Conflict with a cause per field, worded as Kubernetes words it. */
export function applyConflictError(conflicts: readonly ApplyConflict[]): StatusError {
  const causes: StatusCause[] = [];
  const lines: string[] = [];
  const sorted = conflicts.toSorted((a, b) => compareText(a.manager.id, b.manager.id));
  for (const conflict of sorted) {
    const who = managerText(conflict.manager);
    lines.push(`conflicts with ${who}:`);
    for (const field of fieldPaths(conflict.fields)) {
      causes.push({ reason: 'FieldManagerConflict', message: `conflict with ${who}`, field });
      lines.push(`- ${field}`);
    }
  }
  const message =
    causes.length === 1
      ? `Apply failed with 1 conflict: ${causes[0]!.message}: ${causes[0]!.field}`
      : `Apply failed with ${causes.length} conflicts: ${lines.join('\n')}`;
  return new StatusError({ code: 409, reason: 'Conflict', message, details: { causes } });
}

function managerText(manager: Manager): string {
  let text = goJsonString(manager.name);
  if (manager.subresource !== undefined && manager.subresource !== '') {
    text += ` with subresource ${goJsonString(manager.subresource)}`;
  }
  return manager.operation === 'Update' ? `${text} using ${manager.apiVersion}` : text;
}
