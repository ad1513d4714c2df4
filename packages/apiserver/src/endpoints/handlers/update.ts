import { apiVersionOf, deepCopy, type KubeObject, methodNotAllowed } from '@canopy/apimachinery';
import { messageOf, servedVersion } from '../../registry/object-rules.ts';
import { groupResourceOf } from '../../registry/registry.ts';
import { matchUrl } from '../../registry/system-metadata.ts';
import { updateObject } from '../../registry/update.ts';
import type { ApiResponse } from '../api-response.ts';
import { decodeBody, expectKind } from '../body.ts';
import { pruneAndReport } from '../field-validation.ts';
import { fieldValidationOption } from '../query-options.ts';
import { renderObject } from '../rendering.ts';
import { objectRequestOf, type ResourceCall, writeOptionsOf } from '../resource-call.ts';
import { jsonText } from './create.ts';
import { checkVisible } from './visibility.ts';

export async function handleUpdate(call: ResourceCall): Promise<ApiResponse> {
  const { context, resource } = call;
  const request = objectRequestOf(call);
  const { group, names, scope } = resource.declaration;
  const options = writeOptionsOf(call, request);
  const validation = fieldValidationOption(context.query);
  const bytes = await context.body();
  const contentType = context.headers['content-type'];
  const text = jsonText(bytes, contentType);
  const object = expectKind(await decodeBody(bytes, contentType, messageOf(resource, request.version), text), {
    apiVersion: apiVersionOf(group, request.version),
    kind: names.kind,
  });
  matchUrl(object, { namespace: scope === 'Namespaced' ? request.namespace : undefined, name: request.name });
  pruneAndReport(object, servedVersion(resource, request.version), validation, {
    text,
    warn: options.warn,
  });
  const createIfMissing =
    resource.strategy.allowCreateOnUpdate === true && options.subresource === '' && !resource.terminating;
  const { stored, created } = await updateObject(
    call.services.registry,
    request,
    {
      createIfMissing,
      async transform(live) {
        if (live === undefined && resource.terminating) throw methodNotAllowed(groupResourceOf(resource), 'create');
        if (live !== undefined) checkVisible(call, live);
        return { object: withoutStaleManagers(deepCopy(object), live), managedFieldsKept: false };
      },
    },
    options,
  );
  return renderObject(call, created ? 201 : 200, stored, options.dryRun);
}

/** A PUT that leaves managedFields out keeps them; an explicit empty list resets them. */
function withoutStaleManagers(object: KubeObject, live: KubeObject | undefined): KubeObject {
  if (object.metadata.managedFields === undefined && live?.metadata.managedFields !== undefined) {
    object.metadata.managedFields = live.metadata.managedFields;
  }
  return object;
}
