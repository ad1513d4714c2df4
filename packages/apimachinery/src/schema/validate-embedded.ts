import { invalidValue, required } from '../meta/field-error.ts';
import type { ObjectMeta } from '../meta/object.ts';
import { parseApiVersion } from '../meta/object.ts';
import { dns1035LabelErrors } from '../validation/names.ts';
import { validateObjectMeta } from '../validation/object-meta.ts';
import { objectMetaNode } from './object-meta-schema.ts';
import type { SchemaNode } from './schema-node.ts';
import type { ValidationRun } from './validation-run.ts';

type NodeCheck = (node: SchemaNode, value: unknown, run: ValidationRun) => void;

/**
 * The rules of `x-kubernetes-embedded-resource`: apiVersion, kind and metadata are those of an API object. `check` is
 * the validator of nodes.
 */
export function validateEmbedded(value: Record<string, unknown>, run: ValidationRun, check: NodeCheck): void {
  if (run.probing) return;
  const path = run.pathText();
  const at = (field: string): string => (path === '' ? field : `${path}.${field}`);
  const { apiVersion, kind, metadata } = value;
  if (apiVersion === undefined) run.failLate(required(at('apiVersion')));
  else if (typeof apiVersion !== 'string') run.failLate(invalidValue(at('apiVersion'), apiVersion, 'must be a string'));
  else if (apiVersion === '') run.failLate(invalidValue(at('apiVersion'), apiVersion, 'must not be empty'));
  else if (apiVersion !== '/' && parseApiVersion(apiVersion) === undefined && apiVersion.split('/').length > 2) {
    run.failLate(invalidValue(at('apiVersion'), apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
  }
  if (kind === undefined) run.failLate(required(at('kind')));
  else if (typeof kind !== 'string') run.failLate(invalidValue(at('kind'), kind, 'must be a string'));
  else if (kind === '') run.failLate(invalidValue(at('kind'), kind, 'must not be empty'));
  else {
    const errors = dns1035LabelErrors(kind.toLowerCase());
    if (errors.length > 0) {
      run.failLate(
        invalidValue(at('kind'), kind, `may have mixed case, but should otherwise match: ${errors.join(',')}`),
      );
    }
  }
  if (metadata !== undefined) validateMetadata(metadata, at('metadata'), run, check);
}

function validateMetadata(metadata: unknown, field: string, run: ValidationRun, check: NodeCheck): void {
  const failures = run.failures;
  run.path.push('metadata');
  check(objectMetaNode(), metadata, run);
  run.path.pop();
  if (run.failures > failures) return;
  const meta = metadata as ObjectMeta;
  const namespaced = (meta.namespace ?? '') !== '';
  const rules = { namespaced, nameValidation: 'PathSegmentName', field, optionalName: true } as const;
  for (const error of validateObjectMeta(meta, rules)) run.failLate(error);
}
