import type { KubeObject } from '@canopy/apimachinery';
import type { GroupVersionResource } from '../rest/paths.ts';
import type { RestClient } from '../rest/rest-client.ts';
import { ResourceClient } from './resource-client.ts';

/**
 * Any resource of any cluster. `new DynamicClient(rest).cluster('root:org').resource({…}).namespace('default').get('x')`.
 * The type of objects is the caller's word: `resource<Widget>(…)`; nothing checks it.
 */
export class DynamicClient {
  readonly rest: RestClient;

  constructor(rest: RestClient) {
    this.rest = rest;
  }

  /** A client for the logical cluster with this name or path, or with `*` for list and watch across all. */
  cluster(path: string): DynamicClient {
    return new DynamicClient(this.rest.cluster(path));
  }

  resource<T extends object = KubeObject>(resource: GroupVersionResource): ResourceClient<T> {
    return new ResourceClient<T>(this.rest, resource);
  }
}
