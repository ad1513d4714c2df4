import { deepCopy, type KubeObject, methodNotAllowed } from '@canopy/apimachinery';
import { groupResourceOf } from '../../registry/registry.ts';
import { updateObject } from '../../registry/update.ts';
import type { ApiResponse } from '../api-response.ts';
import { renderObject } from '../rendering.ts';
import { objectRequestOf, type ResourceCall, writeOptionsOf } from '../resource-call.ts';
import { objectOfBody } from './object-body.ts';
import { checkVisible } from './visibility.ts';

export async function handleUpdate(call: ResourceCall): Promise<ApiResponse> {
  const { resource } = call;
  const request = objectRequestOf(call);
  const { scope } = resource.declaration;
  const options = writeOptionsOf(call, request);
  const place = { namespace: scope === 'Namespaced' ? request.namespace : undefined, name: request.name };
  const object = await objectOfBody(call, request, place, options.warn);
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
