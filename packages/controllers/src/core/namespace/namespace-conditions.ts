import type { HeldObject } from '../../runtime/bulk-removal.ts';

export interface NamespaceCondition {
  type: string;
  status: string;
  lastTransitionTime?: string;
  reason?: string;
  message?: string;
}

/**
 * The conditions of a namespace that is being deleted, with the reasons and texts that clients of Kubernetes know
 * (NamespaceDeletionContentFailure, NamespaceContentRemaining, NamespaceFinalizersRemaining …).
 */
export function namespaceConditions(
  held: readonly HeldObject[],
  failure: string | undefined,
  before: readonly NamespaceCondition[],
  now: Date,
): NamespaceCondition[] {
  const wanted: Omit<NamespaceCondition, 'lastTransitionTime'>[] = [
    {
      type: 'NamespaceDeletionDiscoveryFailure',
      status: 'False',
      reason: 'ResourcesDiscovered',
      message: 'All resources successfully discovered',
    },
    {
      type: 'NamespaceDeletionGroupVersionParsingFailure',
      status: 'False',
      reason: 'ParsedGroupVersions',
      message: 'All legacy kube types successfully parsed',
    },
    failure === undefined
      ? {
          type: 'NamespaceDeletionContentFailure',
          status: 'False',
          reason: 'ContentDeleted',
          message: 'All content successfully deleted, may be waiting on finalization',
        }
      : { type: 'NamespaceDeletionContentFailure', status: 'True', reason: 'ContentDeletionFailed', message: failure },
    held.length === 0
      ? {
          type: 'NamespaceContentRemaining',
          status: 'False',
          reason: 'ContentRemoved',
          message: 'All content successfully removed',
        }
      : {
          type: 'NamespaceContentRemaining',
          status: 'True',
          reason: 'SomeResourcesRemain',
          message: `Some resources are remaining: ${remainingResources(held)}`,
        },
    held.length === 0
      ? {
          type: 'NamespaceFinalizersRemaining',
          status: 'False',
          reason: 'ContentHasNoFinalizers',
          message: 'All content-preserving finalizers finished',
        }
      : {
          type: 'NamespaceFinalizersRemaining',
          status: 'True',
          reason: 'SomeFinalizersRemain',
          message: `Some content in the namespace has finalizers remaining: ${remainingFinalizers(held)}`,
        },
  ];
  const time = `${now.toISOString().slice(0, 19)}Z`;
  const others = before.filter(({ type }) => !wanted.some((condition) => condition.type === type));
  const next = wanted.map((condition) => {
    const old = before.find(({ type }) => type === condition.type);
    const { type, status, ...rest } = condition;
    return {
      type,
      status,
      lastTransitionTime: old?.status === status ? (old.lastTransitionTime ?? time) : time,
      ...rest,
    };
  });
  return [...others, ...next];
}

function counted(names: Iterable<string>): [string, number][] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** `widgets.example.com has 2 resource instances`, sorted by resource. */
export function remainingResources(held: readonly HeldObject[]): string {
  return counted(held.map(({ resource }) => resource))
    .map(([resource, count]) => `${resource} has ${count} resource instances`)
    .join(', ');
}

/** `example.com/hold in 2 resource instances`, sorted by finalizer. */
export function remainingFinalizers(held: readonly HeldObject[]): string {
  return counted(held.flatMap(({ object }) => object.metadata.finalizers ?? []))
    .map(([finalizer, count]) => `${finalizer} in ${count} resource instances`)
    .join(', ');
}
