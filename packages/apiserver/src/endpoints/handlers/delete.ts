import { deleteOptionsSchema } from '@canopy/api';
import { badRequest, groupResourceText, invalid, type Status } from '@canopy/apimachinery';
import { type DeleteOptions, type Deletion, deleteObject } from '../../registry/delete.ts';
import { objectOf } from '../../registry/get.ts';
import { listObjects } from '../../registry/list.ts';
import { groupResourceOf, type ObjectRequest } from '../../registry/registry.ts';
import { type ApiResponse, jsonResponse } from '../api-response.ts';
import { decodeBody, isObject, readBody } from '../body.ts';
import { booleanOption, dryRunOption, integerOption, listOptionsOf } from '../query-options.ts';
import { renderList, renderObject } from '../rendering.ts';
import { admitWrite, objectRequestOf, type ResourceCall, singleCluster } from '../resource-call.ts';
import { restrictionOf } from './list.ts';
import { checkVisible } from './visibility.ts';

type RequestedDeletion = Omit<DeleteOptions, 'admit'>;

export async function handleDelete(call: ResourceCall): Promise<ApiResponse> {
  const request = objectRequestOf(call);
  const requested = await deleteOptionsOf(call);
  const deletion = await deleteOne(call, request, requested);
  if (!deletion.gone) return renderObject(call, 200, deletion.stored, requested.dryRun);
  return jsonResponse(200, JSON.stringify(successStatus(call, deletion)));
}

function deleteOne(call: ResourceCall, request: ObjectRequest, requested: RequestedDeletion): Promise<Deletion> {
  return deleteObject(call.services.registry, request, {
    ...requested,
    async admit(old) {
      checkVisible(call, old);
      await admitWrite(call, {
        operation: 'DELETE',
        access: request.access,
        user: request.user,
        resource: request.resource,
        subresource: '',
        namespace: request.namespace,
        name: request.name,
        object: undefined,
        old,
        dryRun: requested.dryRun,
        warn: (text) => call.context.warnings.push(text),
      });
    },
  });
}

function successStatus(call: ResourceCall, deletion: Deletion): Status {
  const { group, names } = call.resource.declaration;
  const { name, uid } = objectOf(deletion.stored).metadata;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      ...(name === undefined ? {} : { name }),
      ...(group === '' ? {} : { group }),
      kind: names.plural,
      ...(uid === undefined ? {} : { uid }),
    },
    code: 200,
  };
}

/** Deletes every object of the selection, a page at a time; answers with the list of what was there. */
export async function handleDeleteCollection(call: ResourceCall): Promise<ApiResponse> {
  const collection = singleCluster(call);
  const requested = await deleteOptionsOf(call);
  const options = listOptionsOf(call.context.query);
  const result = await listObjects(call.services.registry, collection, { ...options, ...restrictionOf(call) });
  for (const stored of result.items) {
    const { name = '', namespace } = objectOf(stored).metadata;
    try {
      await deleteOne(call, { ...collection, namespace, name }, requested);
    } catch (error) {
      if ((error as { reason?: string }).reason !== 'NotFound') throw error;
    }
  }
  return renderList(call, result);
}

const policies = ['Background', 'Foreground', 'Orphan'] as const;

/** DeleteOptions from the body, else from the query; both are allowed by the API. */
async function deleteOptionsOf(call: ResourceCall): Promise<RequestedDeletion> {
  const { context } = call;
  const bytes = await readBody(context);
  const body =
    bytes.byteLength === 0 ? {} : await decodeBody(bytes, context.headers['content-type'], deleteOptionsSchema);
  if (!isObject(body)) throw badRequest('the body of a DELETE must be a DeleteOptions object');
  if (body.kind !== undefined && body.kind !== 'DeleteOptions') {
    throw badRequest(
      `the body of a DELETE must be a DeleteOptions object, not ${groupResourceText(groupResourceOf(call.resource))}`,
    );
  }
  const policy = body.propagationPolicy ?? context.query.get('propagationPolicy') ?? undefined;
  const orphan =
    body.orphanDependents ??
    (context.query.has('orphanDependents') ? booleanOption(context.query, 'orphanDependents') : undefined);
  if (policy !== undefined && !policies.includes(policy as (typeof policies)[number])) {
    throw invalid({ group: 'meta.k8s.io', resource: 'DeleteOptions' }, '', [
      {
        reason: 'FieldValueNotSupported',
        field: 'propagationPolicy',
        message: `Unsupported value: ${JSON.stringify(policy)}: supported values: "Background", "Foreground", "Orphan"`,
      },
    ]);
  }
  integerOption(context.query, 'gracePeriodSeconds');
  const preconditions = preconditionsOf(body.preconditions);
  const dryRun = dryRunOption(context.query) || (Array.isArray(body.dryRun) && body.dryRun.includes('All'));
  const chosen = (policy as RequestedDeletion['propagationPolicy']) ?? policyOfOrphan(orphan);
  return {
    dryRun,
    ...(preconditions === undefined ? {} : { preconditions }),
    ...(chosen === undefined ? {} : { propagationPolicy: chosen }),
  };
}

function policyOfOrphan(orphan: unknown): RequestedDeletion['propagationPolicy'] {
  if (orphan === undefined || orphan === null) return undefined;
  return orphan === true ? 'Orphan' : 'Background';
}

function preconditionsOf(value: unknown): RequestedDeletion['preconditions'] {
  if (!isObject(value)) return undefined;
  const { uid, resourceVersion } = value;
  return {
    ...(typeof uid === 'string' ? { uid } : {}),
    ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
  };
}
