import { apiVersionOf, badRequest, methodNotAllowed, notFound } from '@canopy/apimachinery';
import { createObject } from '../../registry/create.ts';
import { messageOf, servedVersion } from '../../registry/object-rules.ts';
import { groupResourceOf } from '../../registry/registry.ts';
import { matchUrl } from '../../registry/system-metadata.ts';
import type { ApiResponse } from '../api-response.ts';
import { decodeBody, decodeText, expectKind } from '../body.ts';
import { pruneAndReport } from '../field-validation.ts';
import { fieldValidationOption } from '../query-options.ts';
import { renderObject } from '../rendering.ts';
import { type ResourceCall, singleCluster, writeOptionsOf } from '../resource-call.ts';

export async function handleCreate(call: ResourceCall): Promise<ApiResponse> {
  const { context, resource } = call;
  const request = singleCluster(call);
  const { group, names, scope } = resource.declaration;
  if (resource.terminating) throw methodNotAllowed(groupResourceOf(resource), 'create');
  if (scope === 'Namespaced' && request.namespace === undefined) {
    throw badRequest('an empty namespace may not be set during creation');
  }
  const options = writeOptionsOf(call, request);
  const validation = fieldValidationOption(context.query);
  const bytes = await context.body();
  const contentType = context.headers['content-type'];
  const text = jsonText(bytes, contentType);
  const object = expectKind(await decodeBody(bytes, contentType, messageOf(resource, request.version), text), {
    apiVersion: apiVersionOf(group, request.version),
    kind: names.kind,
  });
  matchUrl(object, { namespace: request.namespace });
  pruneAndReport(object, servedVersion(resource, request.version), validation, {
    text,
    warn: options.warn,
  });
  const stored = await createObject(call.services.registry, request, object, options);
  if (
    call.restriction?.visible !== undefined &&
    stored.object !== undefined &&
    !call.restriction.visible(stored.object)
  ) {
    throw notFound(groupResourceOf(resource), stored.object.metadata.name ?? '');
  }
  return renderObject(call, 201, stored, options.dryRun);
}

/** The body as text when it is JSON (only there duplicate keys are looked for). */
export function jsonText(bytes: Uint8Array, contentType: string | undefined): string | undefined {
  return contentType === undefined || contentType.includes('json') ? decodeText(bytes) : undefined;
}
