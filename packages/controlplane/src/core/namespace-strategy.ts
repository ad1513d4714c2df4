import { type FieldError, invalidValue, type KubeObject, qualifiedNameErrors } from '@canopy/apimachinery';
import type { Strategy } from '@canopy/apiserver';

/** The finalizer that stands for the content of a namespace; removed when all of it is gone. */
export const namespaceFinalizer = 'kubernetes';
/** Label by which selectors find a namespace by name. */
export const namespaceNameLabel = 'kubernetes.io/metadata.name';

/** A Namespace, as far as this package looks into it. */
export interface NamespaceObject extends KubeObject {
  spec?: { finalizers?: string[] };
  status?: { phase?: string; conditions?: unknown[] };
}

export function namespaceFinalizers(object: KubeObject): readonly string[] {
  return (object as NamespaceObject).spec?.finalizers ?? [];
}

function labelWithName(object: KubeObject): void {
  const { name } = object.metadata;
  if (name === undefined || object.metadata.labels?.[namespaceNameLabel] === name) return;
  object.metadata.labels = { ...object.metadata.labels, [namespaceNameLabel]: name };
}

/** Finalizers of the spec are either `kubernetes` or have a domain. */
export function validateNamespaceFinalizers(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  namespaceFinalizers(object).forEach((finalizer, index) => {
    const field = `spec.finalizers[${index}]`;
    for (const error of qualifiedNameErrors(finalizer)) errors.push(invalidValue(field, finalizer, error));
    if (!finalizer.includes('/') && finalizer !== namespaceFinalizer) {
      errors.push(
        invalidValue(field, finalizer, 'name is neither a standard finalizer name nor is it fully qualified'),
      );
    }
  });
  return errors;
}

/**
 * Namespaces are deleted in two steps: DELETE marks them Terminating, and they disappear when `spec.finalizers`, which
 * only the finalize subresource changes, is empty.
 */
export const namespaceStrategy: Strategy = {
  tracksGeneration: false,
  prepareForCreate(object) {
    const namespace = object as NamespaceObject;
    namespace.status = { phase: 'Active' };
    const finalizers = namespace.spec?.finalizers ?? [];
    namespace.spec = {
      ...namespace.spec,
      finalizers: finalizers.includes(namespaceFinalizer) ? finalizers : [...finalizers, namespaceFinalizer],
    };
    labelWithName(object);
  },
  validateCreate: validateNamespaceFinalizers,
  prepareForUpdate(object, old) {
    const namespace = object as NamespaceObject;
    namespace.spec = { ...namespace.spec, finalizers: [...namespaceFinalizers(old)] };
    labelWithName(object);
  },
  prepareForStatusUpdate: labelWithName,
  validateStatusUpdate(object) {
    const phase = (object as NamespaceObject).status?.phase ?? '';
    if (object.metadata.deletionTimestamp === undefined) {
      if (phase === 'Active') return [];
      return [invalidValue('status.phase', phase, "may only be 'Active' if `deletionTimestamp` is empty")];
    }
    if (phase === 'Terminating') return [];
    return [invalidValue('status.phase', phase, "may only be 'Terminating' if `deletionTimestamp` is not empty")];
  },
  beginDeletion(object) {
    const namespace = object as NamespaceObject;
    namespace.status = { ...namespace.status, phase: 'Terminating' };
    return namespaceFinalizers(object).length > 0;
  },
  mayDisappear: (object) => namespaceFinalizers(object).length === 0,
};

/** The strategy of `namespaces/finalize`: nothing but `spec.finalizers` changes. */
export const namespaceFinalizeStrategy: Strategy = {
  tracksGeneration: false,
  prepareForUpdate(object, old) {
    const finalizers = [...namespaceFinalizers(object)];
    const { resourceVersion, managedFields } = object.metadata;
    for (const field of Object.keys(object)) delete object[field];
    Object.assign(object, structuredClone(old));
    if (resourceVersion !== undefined) object.metadata.resourceVersion = resourceVersion;
    if (managedFields !== undefined) object.metadata.managedFields = managedFields;
    object.spec = { ...(object as NamespaceObject).spec, finalizers };
  },
  validateUpdate: validateNamespaceFinalizers,
  mayDisappear: (object) => namespaceFinalizers(object).length === 0,
};
