import { forbidden, isStatusError, notFound, StatusError } from '@canopy/apimachinery';
import {
  type AdmissionPlugin,
  type AdmissionRequest,
  type ClusterAccess,
  groupResourceOf,
  type LogicalClusterName,
} from '@canopy/apiserver';

/** What the plugin has to know of a namespace. */
export type NamespaceState = 'active' | 'terminating' | 'missing';

export interface NamespaceLifecycleOptions {
  /** The state of a namespace right now, as the store has it. */
  namespaceState(access: ClusterAccess, namespace: string): NamespaceState | Promise<NamespaceState>;
  /** Whether the logical cluster itself is being deleted: then its namespaces may go. */
  isClusterDeleting(cluster: LogicalClusterName): Promise<boolean>;
}

/** Namespaces that stay as long as their logical cluster does. */
export const immortalNamespaces: ReadonlySet<string> = new Set(['default', 'kube-system', 'kube-public']);

const namespaces = { group: '', resource: 'namespaces' };

function isNamespaceResource(request: AdmissionRequest): boolean {
  const { group, names } = request.resource.declaration;
  return group === '' && names.plural === 'namespaces';
}

/** Reviews that are asked within a namespace say nothing about its content and store nothing. */
function isReview(request: AdmissionRequest): boolean {
  return request.resource.declaration.virtual === true;
}

/**
 * Objects are created in namespaces that exist and are not being deleted; some namespaces cannot be deleted.
 * kcp's `WorkspaceNamespaceLifecycle`.
 */
export function namespaceLifecycle(options: NamespaceLifecycleOptions): AdmissionPlugin {
  return {
    name: 'WorkspaceNamespaceLifecycle',
    handles(request) {
      if (isNamespaceResource(request)) return request.operation === 'DELETE';
      return request.operation === 'CREATE' && request.namespace !== undefined && !isReview(request);
    },
    validate(request) {
      if (isNamespaceResource(request)) return checkDeletion(request, options);
      const state = options.namespaceState(request.access, request.namespace as string);
      return state instanceof Promise
        ? state.then((loaded) => checkCreation(request, loaded))
        : checkCreation(request, state);
    },
  };
}

async function checkDeletion(request: AdmissionRequest, options: NamespaceLifecycleOptions): Promise<void> {
  if (!immortalNamespaces.has(request.name)) return;
  if (await options.isClusterDeleting(request.access.cluster)) return;
  throw forbidden(namespaces, request.name, 'this namespace may not be deleted');
}

function checkCreation(request: AdmissionRequest, state: NamespaceState): void {
  const namespace = request.namespace as string;
  switch (state) {
    case 'active':
      return;
    case 'missing':
      throw notFound(namespaces, namespace);
    case 'terminating':
      throw namespaceTerminating(request, namespace);
  }
}

function namespaceTerminating(request: AdmissionRequest, namespace: string): StatusError {
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const error = forbidden(groupResourceOf(request.resource), request.name, why);
  return new StatusError({
    code: error.code,
    reason: error.reason,
    message: error.message,
    details: {
      ...error.details,
      causes: [
        {
          reason: 'NamespaceTerminating',
          message: `namespace ${namespace} is being terminated`,
          field: 'metadata.namespace',
        },
      ],
    },
  });
}

/** Whether an error is the refusal to create in a namespace that is being deleted. */
export function isNamespaceTerminating(error: unknown): boolean {
  return (
    isStatusError(error, 'Forbidden') &&
    (error.details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating') ?? false)
  );
}
