import type { Verb } from '@canopy/apimachinery';
import type { ServedResource } from '../registry/served-resource.ts';
import type { ApiResponse } from './api-response.ts';
import type { ResourceCall } from './resource-call.ts';

/** What discovery says of a subresource. `kind` may be of another group (`Scale`, `TokenRequest`). */
export interface SubresourceDescription {
  name: string;
  kind: string;
  group?: string;
  version?: string;
  verbs: readonly Verb[];
}

/** A subresource with a meaning of its own; `status` and `scale` are generic and need none of these. */
export interface SubresourceEndpoint extends SubresourceDescription {
  handle(call: ResourceCall): Promise<ApiResponse>;
}

/** Behaviour besides the generic verbs, by `<group>/<resource>`. */
export interface SpecialEndpoints {
  subresources: ReadonlyMap<string, readonly SubresourceEndpoint[]>;
  /** Answers a POST to a resource that is never stored (the review kinds). */
  virtual: ReadonlyMap<string, (call: ResourceCall) => Promise<ApiResponse>>;
  /** Answers requests for single names, by name, that mean something else (`workspaces/~`). */
  names: ReadonlyMap<string, ReadonlyMap<string, (call: ResourceCall) => Promise<ApiResponse> | undefined>>;
}

const statusVerbs: readonly Verb[] = ['get', 'patch', 'update'];

/** All subresources of one version of a resource, for discovery and dispatch. */
export function subresourcesOf(
  special: SpecialEndpoints,
  resource: ServedResource,
  version: string,
): readonly SubresourceDescription[] {
  const declared = resource.versions.get(version)?.declaration.subresources ?? {};
  const list: SubresourceDescription[] = [];
  if (declared.status === true)
    list.push({ name: 'status', kind: resource.declaration.names.kind, verbs: statusVerbs });
  if (declared.scale !== undefined) {
    list.push({ name: 'scale', kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: statusVerbs });
  }
  list.push(...(special.subresources.get(resource.key) ?? []));
  return list;
}
