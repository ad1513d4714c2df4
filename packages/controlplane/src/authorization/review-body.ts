import { apiVersionOf, invalid, type KubeObject } from '@canopy/apimachinery';
import {
  type ApiResponse,
  decodeBody,
  expectKind,
  messageOf,
  type ResourceCall,
  readBody,
  renderObject,
  type StoredObject,
} from '@canopy/apiserver';

/** The posted review: of the right kind, pruned and valid by its schema. */
export async function reviewOf(call: ResourceCall): Promise<KubeObject> {
  const { context, resource } = call;
  const { group, names } = resource.declaration;
  const { version } = context.info;
  const review = expectKind(
    await decodeBody(await readBody(context), context.headers['content-type'], messageOf(resource, version)),
    {
      apiVersion: apiVersionOf(group, version),
      kind: names.kind,
    },
  );
  const compiled = resource.versions.get(version)?.compiled;
  compiled?.prune(review as never);
  delete review.status;
  const errors = compiled?.validate(review) ?? [];
  if (errors.length > 0) throw invalid({ group, resource: names.kind }, '', errors);
  return review;
}

/** Answers with the review and its status. Reviews are never stored: they have neither key nor revision. */
export function answerReview(call: ResourceCall, review: KubeObject, status: object): Promise<ApiResponse> {
  const { apiVersion, kind, metadata, ...rest } = review;
  const object: KubeObject = { apiVersion, kind, metadata: { ...metadata, creationTimestamp: null }, ...rest, status };
  return renderObject(call, 201, { object } as StoredObject, true);
}
