import { apiVersionOf, badRequest } from '@canopy/apimachinery';
import {
  type ApiResponse,
  decodeBody,
  expectKind,
  getObject,
  messageOf,
  objectRequestOf,
  type ResourceCall,
  readBody,
  renderObject,
  type Strategy,
  updateObject,
  writeOptionsOf,
} from '@canopy/apiserver';

/** GET and PUT of a subresource that shows the whole object; `strategy` says what a PUT may change. */
export async function readOrReplace(call: ResourceCall, strategy: Strategy): Promise<ApiResponse> {
  const request = objectRequestOf(call);
  const { registry } = call.services;
  if (call.context.info.verb === 'get') return renderObject(call, 200, await getObject(registry, request));
  const { group, names } = call.resource.declaration;
  const body = expectKind(
    await decodeBody(
      await readBody(call.context),
      call.context.headers['content-type'],
      messageOf(call.resource, call.context.info.version),
    ),
    {
      apiVersion: apiVersionOf(group, request.version),
      kind: names.kind,
    },
  );
  body.metadata.name ||= request.name;
  if (body.metadata.name !== request.name) {
    throw badRequest(
      `the name of the object (${body.metadata.name}) does not match the name on the URL (${request.name})`,
    );
  }
  const resource = withStrategy(call, strategy);
  resource.versions.get(request.version)?.compiled.prune(body as never);
  const options = writeOptionsOf(call, request);
  const { stored } = await updateObject(
    registry,
    { ...request, resource },
    { createIfMissing: false, transform: async () => ({ object: structuredClone(body), managedFieldsKept: false }) },
    options,
  );
  return renderObject(call, 200, stored, options.dryRun);
}

/** The resource of a call with the rules of one of its subresources. */
export function withStrategy(call: ResourceCall, strategy: Strategy): ResourceCall['resource'] {
  return { ...call.resource, strategy: { ...call.resource.strategy, ...strategy } };
}
