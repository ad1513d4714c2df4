import { type KubeObject, notFound } from '@canopy/apimachinery';
import { groupResourceOf } from '../../registry/registry.ts';
import type { ResourceCall } from '../resource-call.ts';

/** Objects outside a domain's restriction do not exist for its callers. */
export function checkVisible(call: ResourceCall, object: KubeObject): void {
  if (call.restriction?.visible?.(object) === false) {
    throw notFound(groupResourceOf(call.resource), object.metadata.name ?? call.context.info.name);
  }
}
