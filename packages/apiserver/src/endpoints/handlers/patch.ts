import {
  apiVersionOf,
  applyJsonPatch,
  applyMergePatch,
  applyObject,
  applyStrategicMergePatch,
  badRequest,
  deepCopy,
  type KubeObject,
  methodNotAllowed,
  notFound,
  patchStatusError,
  StatusError,
  unsupportedMediaType,
} from '@canopy/apimachinery';
import { apiVersionText, defaultResetFields } from '../../registry/create.ts';
import { servedVersion } from '../../registry/object-rules.ts';
import { groupResourceOf, type ObjectRequest } from '../../registry/registry.ts';
import { matchUrl, timestamp } from '../../registry/system-metadata.ts';
import { updateObject } from '../../registry/update.ts';
import type { ApiResponse } from '../api-response.ts';
import { decodeBody, decodeText, expectKind, isObject, mediaTypeOf, parseJsonBody, readBody } from '../body.ts';
import { pruneAndReport } from '../field-validation.ts';
import { booleanOption, type FieldValidation, fieldValidationOption } from '../query-options.ts';
import { renderObject } from '../rendering.ts';
import { objectRequestOf, type ResourceCall, writeOptionsOf } from '../resource-call.ts';
import { checkVisible } from './visibility.ts';

const jsonPatchType = 'application/json-patch+json';
const mergePatchType = 'application/merge-patch+json';
const strategicPatchType = 'application/strategic-merge-patch+json';
const applyPatchType = 'application/apply-patch+yaml';

/** A patch made ready once; run against the live object each time the write is tried. */
type PatchRun = (live: KubeObject | undefined) => { object: KubeObject; managedFieldsKept: boolean };

export async function handlePatch(call: ResourceCall): Promise<ApiResponse> {
  const { context, resource } = call;
  const request = objectRequestOf(call);
  const options = writeOptionsOf(call, request);
  const validation = fieldValidationOption(context.query);
  const mediaType = mediaTypeOf(context.headers['content-type']);
  const bytes = await readBody(context);
  const run = await preparePatch(call, request, mediaType, bytes);
  const isApply = mediaType === applyPatchType;
  const created = isApply && options.subresource === '' && !resource.terminating;
  const result = await updateObject(
    call.services.registry,
    request,
    {
      createIfMissing: created,
      retriesLostRaces: true,
      async transform(live) {
        if (live !== undefined) checkVisible(call, live);
        const patched = run(live);
        finishPatch(call, request, patched.object, {
          live,
          validation: isApply ? 'Ignore' : validation,
          warn: options.warn,
        });
        return patched;
      },
    },
    { ...options, fieldManager: isApply ? applyManager(call) : options.fieldManager },
  );
  return renderObject(call, result.created ? 201 : 200, result.stored, options.dryRun);
}

async function preparePatch(
  call: ResourceCall,
  request: ObjectRequest,
  mediaType: string,
  bytes: Uint8Array,
): Promise<PatchRun> {
  switch (mediaType) {
    case jsonPatchType: {
      const operations = parseJsonBody(decodeText(bytes));
      return (live) => patched(() => applyJsonPatch(required(live, request) as never, deepCopy(operations) as never));
    }
    case mergePatchType: {
      const patch = objectBody(parseJsonBody(decodeText(bytes)));
      return (live) => patched(() => applyMergePatch(required(live, request) as never, deepCopy(patch) as never));
    }
    case strategicPatchType: {
      const { kind } = call.resource.origin;
      if (kind === 'crd' || kind === 'binding')
        throw unsupportedMediaType([jsonPatchType, mergePatchType, applyPatchType]);
      const patch = objectBody(parseJsonBody(decodeText(bytes)));
      const schema = servedVersion(call.resource, request.version).fullSchema;
      return (live) =>
        patched(() => applyStrategicMergePatch(required(live, request) as never, deepCopy(patch) as never, schema));
    }
    case applyPatchType:
      return prepareApply(call, request, bytes);
    default:
      throw unsupportedMediaType([jsonPatchType, mergePatchType, strategicPatchType, applyPatchType]);
  }
}

/** What a patch makes of the object; its errors become the Status that Kubernetes answers with. */
function patched(apply: () => unknown): { object: KubeObject; managedFieldsKept: boolean } {
  try {
    return { object: apply() as KubeObject, managedFieldsKept: false };
  } catch (error) {
    throw patchStatusError(error) ?? error;
  }
}

function required(live: KubeObject | undefined, request: ObjectRequest): KubeObject {
  if (live === undefined) throw notFound(groupResourceOf(request.resource), request.name);
  return live;
}

function objectBody(value: unknown): Record<string, unknown> {
  if (!isObject(value)) throw badRequest('the patch must be a JSON object');
  return value;
}

function applyManager(call: ResourceCall): string {
  const manager = call.context.query.get('fieldManager') ?? '';
  if (manager === '') {
    throw new StatusError({
      code: 422,
      reason: 'Invalid',
      message: 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
      details: {
        group: 'meta.k8s.io',
        kind: 'PatchOptions',
        causes: [
          {
            reason: 'FieldValueRequired',
            message: 'Required value: is required for apply patch',
            field: 'fieldManager',
          },
        ],
      },
    });
  }
  return manager;
}

/** Server-side apply: merges the applied configuration by field ownership and keeps managedFields itself. */
async function prepareApply(call: ResourceCall, request: ObjectRequest, bytes: Uint8Array): Promise<PatchRun> {
  const { context, services, resource } = call;
  const manager = applyManager(call);
  const force = context.query.has('force') && booleanOption(context.query, 'force');
  const { group, names, scope } = resource.declaration;
  const applied = expectKind(await decodeBody(bytes, 'application/yaml'), {
    apiVersion: apiVersionOf(group, request.version),
    kind: names.kind,
  });
  if (applied.metadata.managedFields !== undefined && applied.metadata.managedFields.length > 0) {
    throw badRequest('metadata.managedFields must be nil');
  }
  matchUrl(applied, { namespace: scope === 'Namespaced' ? request.namespace : undefined, name: request.name });
  const served = servedVersion(resource, request.version);
  pruneAndReport(applied, served, fieldValidationOption(context.query), {
    text: undefined,
    warn: (text) => context.warnings.push(text),
  });
  const { subresource } = context.info;
  return (live) => {
    if (live === undefined && resource.terminating) throw methodNotAllowed(groupResourceOf(resource), 'create');
    if (live === undefined && applied.metadata.uid) {
      throw notFound(groupResourceOf(resource), request.name);
    }
    const { object } = applyObject({
      live,
      applied: deepCopy(applied),
      manager,
      force,
      schema: served.fullSchema,
      version: apiVersionText(request),
      subresource,
      now: timestamp(services.registry.clock),
      resetFields: resource.strategy.resetFields?.(subresource) ?? defaultResetFields(request, subresource),
    });
    return { object: object as KubeObject, managedFieldsKept: true };
  };
}

/** A patch may have changed what identifies the object, or made it something that is no object of the kind at all. */
function finishPatch(
  call: ResourceCall,
  request: ObjectRequest,
  object: KubeObject,
  input: { live: KubeObject | undefined; validation: FieldValidation; warn(text: string): void },
): void {
  const { group, names, scope } = call.resource.declaration;
  const checked = expectKind(object, { apiVersion: apiVersionOf(group, request.version), kind: names.kind });
  object.metadata = checked.metadata;
  matchUrl(object, { namespace: scope === 'Namespaced' ? request.namespace : undefined, name: request.name });
  pruneAndReport(object, servedVersion(call.resource, request.version), input.validation, {
    text: undefined,
    warn: input.warn,
  });
}
