import { apiVersionOf, type KubeObject } from '@canopy/apimachinery';
import type { Access } from '../../registry/logical-cluster.ts';
import { messageOf, servedVersion } from '../../registry/object-rules.ts';
import type { CollectionRequest } from '../../registry/registry.ts';
import { matchUrl } from '../../registry/system-metadata.ts';
import { decodeBody, decodeText, expectKind, readBody } from '../body.ts';
import { pruneAndReport } from '../field-validation.ts';
import { fieldValidationOption } from '../query-options.ts';
import type { ResourceCall } from '../resource-call.ts';

/**
 * The whole object that a request brings: of the kind and version of its URL, at the place that `place` says, without
 * fields that the schema does not know. What is wrong with it is told as the client asked with `fieldValidation`.
 */
export async function objectOfBody(
  { context, resource }: ResourceCall,
  { version }: CollectionRequest<Access>,
  place: Parameters<typeof matchUrl>[1],
  warn: (text: string) => void,
): Promise<KubeObject> {
  const { group, names } = resource.declaration;
  const validation = fieldValidationOption(context.query);
  const bytes = await readBody(context);
  const contentType = context.headers['content-type'];
  const text = jsonText(bytes, contentType);
  const object = expectKind(await decodeBody(bytes, contentType, messageOf(resource, version), text), {
    apiVersion: apiVersionOf(group, version),
    kind: names.kind,
  });
  matchUrl(object, place);
  pruneAndReport(object, servedVersion(resource, version), validation, { text, warn });
  return object;
}

/** The body as text when it is JSON (only there duplicate keys are looked for). */
function jsonText(bytes: Uint8Array, contentType: string | undefined): string | undefined {
  return contentType === undefined || contentType.includes('json') ? decodeText(bytes) : undefined;
}
