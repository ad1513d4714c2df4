import {
  applyMergePatch,
  badRequest,
  compileJsonPath,
  invalid,
  type KubeObject,
  methodNotAllowed,
  pathNotFound,
  type ScaleSubresource,
} from '@canopy/apimachinery';
import { getObject, objectOf } from '../../registry/get.ts';
import { groupResourceOf, inVersion, type ObjectRequest } from '../../registry/registry.ts';
import { updateObject } from '../../registry/update.ts';
import { type ApiResponse, jsonResponse } from '../api-response.ts';
import { decodeBody, decodeText, isObject, mediaTypeOf, parseJsonBody, readBody } from '../body.ts';
import { objectRequestOf, type ResourceCall, writeOptionsOf } from '../resource-call.ts';

import { checkVisible } from './visibility.ts';

/** autoscaling/v1 Scale of a custom resource: a view on three JSON paths of the object. */
export async function handleScale(call: ResourceCall): Promise<ApiResponse> {
  const request = objectRequestOf(call);
  const paths = call.resource.versions.get(request.version)?.declaration.subresources.scale;
  if (paths === undefined) throw pathNotFound();
  switch (call.context.info.verb) {
    case 'get': {
      const stored = await getObject(call.services.registry, request);
      checkVisible(call, objectOf(stored));
      return jsonResponse(
        200,
        JSON.stringify(scaleOf(inVersion(call.resource, objectOf(stored), request.version), paths)),
      );
    }
    case 'update':
    case 'patch':
      return changeScale(call, request, paths);
    default:
      throw methodNotAllowed(groupResourceOf(call.resource), call.context.info.verb);
  }
}

function scaleOf(object: KubeObject, paths: ScaleSubresource): Record<string, unknown> {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = paths.labelSelectorPath === undefined ? undefined : compileJsonPath(paths.labelSelectorPath)(object);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), uid, resourceVersion, creationTimestamp },
    spec: { replicas: numberAt(object, paths.specReplicasPath) },
    status: {
      replicas: numberAt(object, paths.statusReplicasPath),
      ...(typeof selector === 'string' ? { selector } : {}),
    },
  };
}

function numberAt(object: KubeObject, path: string): number {
  const value = compileJsonPath(path)(object);
  return typeof value === 'number' ? value : 0;
}

async function changeScale(call: ResourceCall, request: ObjectRequest, paths: ScaleSubresource): Promise<ApiResponse> {
  const { context } = call;
  const bytes = await readBody(context);
  const mediaType = mediaTypeOf(context.headers['content-type']);
  const isPatch = context.info.verb === 'patch';
  const body = isPatch ? parseJsonBody(decodeText(bytes)) : await decodeBody(bytes, context.headers['content-type']);
  if (isPatch && mediaType !== 'application/merge-patch+json')
    throw badRequest('scale accepts application/merge-patch+json');
  const { stored } = await updateObject(
    call.services.registry,
    request,
    {
      createIfMissing: false,
      async transform(live) {
        const object = live as KubeObject;
        checkVisible(call, object);
        const scale = isPatch ? applyMergePatch(scaleOf(object, paths) as never, body as never) : body;
        setReplicas(object, paths.specReplicasPath, wantedReplicas(scale));
        const version = isObject(scale) && isObject(scale.metadata) ? scale.metadata.resourceVersion : undefined;
        if (typeof version === 'string' && version !== '') object.metadata.resourceVersion = version;
        else delete object.metadata.resourceVersion;
        return { object, managedFieldsKept: false };
      },
    },
    writeOptionsOf(call, request),
  );
  return jsonResponse(200, JSON.stringify(scaleOf(inVersion(call.resource, objectOf(stored), request.version), paths)));
}

function wantedReplicas(scale: unknown): number {
  const replicas = isObject(scale) && isObject(scale.spec) ? (scale.spec.replicas ?? 0) : undefined;
  if (typeof replicas === 'number' && Number.isInteger(replicas) && replicas >= 0) return replicas;
  throw invalid({ group: 'autoscaling', resource: 'Scale' }, '', [
    {
      reason: 'FieldValueInvalid',
      field: 'spec.replicas',
      message: `Invalid value: ${JSON.stringify(replicas)}: must be a non-negative integer`,
    },
  ]);
}

function setReplicas(object: KubeObject, path: string, replicas: number): void {
  const steps = path.split('.').filter((step) => step !== '');
  let at: Record<string, unknown> = object;
  for (const step of steps.slice(0, -1)) {
    if (!isObject(at[step])) at[step] = {};
    at = at[step] as Record<string, unknown>;
  }
  at[steps[steps.length - 1] as string] = replicas;
}
