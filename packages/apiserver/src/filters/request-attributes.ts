import type { AuthorizationAttributes } from '../authorization/authorizer.ts';
import type { UserContext } from '../endpoints/request-context.ts';

/** What a request asks for, as authorizers see it. */
export function attributesOf(context: UserContext): AuthorizationAttributes {
  const { info, target, user } = context;
  return {
    user,
    cluster: target.kind === 'cluster' ? target.name : undefined,
    wildcard: target.kind === 'wildcard',
    verb: info.verb,
    resourceRequest: info.resourceRequest,
    group: info.group,
    version: info.version,
    resource: info.resource,
    subresource: info.subresource,
    namespace: info.namespace,
    name: info.name,
    path: info.path,
  };
}
