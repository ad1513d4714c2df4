import { badRequest, findDuplicateKeys, type KubeObject, unknownFieldMessage } from '@canopy/apimachinery';
import type { ServedVersion } from '../registry/served-resource.ts';
import type { FieldValidation } from './query-options.ts';

const maxReported = 20;

/**
 * Drops fields that the schema does not know and tells the client as `fieldValidation` asks: silence, warnings, or 400.
 * Duplicate keys are looked for in `text` unless ignored. Source: Kubernetes documentation, "Server-side field validation".
 */
export function pruneAndReport(
  object: KubeObject,
  served: ServedVersion,
  mode: FieldValidation,
  report: { text: string | undefined; warn(text: string): void },
): void {
  const problems = served.compiled.prune(object as never).map(unknownFieldMessage);
  if (mode === 'Ignore') return;
  const duplicates = report.text === undefined ? [] : findDuplicateKeys(report.text);
  for (const path of duplicates) problems.push(`duplicate field "${path}"`);
  if (problems.length === 0) return;
  if (mode === 'Strict') {
    const shown = problems.slice(0, maxReported).join(', ');
    throw badRequest(`strict decoding error: ${shown}${problems.length > maxReported ? ', …' : ''}`);
  }
  for (const problem of problems.slice(0, maxReported)) report.warn(problem);
}
