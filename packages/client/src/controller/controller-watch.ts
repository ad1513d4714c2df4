import type { OwnerReference } from '@canopy/apimachinery';
import type { Informer, InformerEvent } from '../informer/informer.ts';
import type { WithMetadata } from '../informer/object-key.ts';
import type { ReconcileRequest } from './reconcile-result.ts';

/** Something whose events a controller turns into requests. */
export interface ControllerWatch {
  /** Begins to hand out requests; the function it gives back ends it. */
  start(enqueue: (request: ReconcileRequest) => void): () => void;
  waitForSync(signal: AbortSignal): Promise<void>;
}

/** The objects concerned by an event. */
export type EventMapper<T, S> = (event: InformerEvent<T, S>) => Iterable<ReconcileRequest>;

/** Requests for the objects of an informer, or for those that `map` derives from them. */
export function watchInformer<T extends object, S extends WithMetadata>(
  informer: Informer<T, S>,
  map: EventMapper<T, S> = (event) => [event.key],
): ControllerWatch {
  return {
    start: (enqueue) =>
      informer.addHandler((event) => {
        for (const request of map(event)) enqueue(request);
      }),
    waitForSync: (signal) => informer.waitForSync(signal),
  };
}

/** What an event knows of its object: the newest state, and the one before for an update. */
export function statesOf<T, S>(event: InformerEvent<T, S>): S[] {
  switch (event.type) {
    case 'deleted':
      return [event.before];
    case 'updated':
      return [event.kept, event.before];
    default:
      return [event.kept];
  }
}

/** Maps an object to the owner that controls it, in the same cluster; for owners of one kind. */
export function toController<T, S extends WithMetadata>(owner: {
  apiVersion: string;
  kind: string;
  /** Whether owners have cluster scope. */
  clusterScoped?: boolean;
}): EventMapper<T, S> {
  const matches = (reference: OwnerReference) =>
    reference.controller === true &&
    reference.kind === owner.kind &&
    groupOf(reference.apiVersion) === groupOf(owner.apiVersion);
  return (event) => {
    const { cluster, namespace } = event.key;
    const names = new Set<string>();
    for (const state of statesOf(event)) {
      for (const reference of state.metadata.ownerReferences ?? []) if (matches(reference)) names.add(reference.name);
    }
    return [...names].map((name) => ({ cluster, namespace: owner.clusterScoped ? '' : namespace, name }));
  };
}

function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}
