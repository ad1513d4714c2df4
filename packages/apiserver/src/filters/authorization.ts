import { forbidden, pathNotFound, type StatusError } from '@canopy/apimachinery';
import type { Authorization, AuthorizationAttributes } from '../authorization/authorizer.ts';
import type { AuthorizedContext, UserContext } from '../endpoints/request-context.ts';
import { accessFor } from '../endpoints/resource-call.ts';
import { enrich, type Filter } from './chain.ts';
import { attributesOf } from './request-attributes.ts';

export interface AuthorizationOptions {
  /** What the user is told; must not reveal whether a workspace exists. */
  message(attributes: AuthorizationAttributes, reason: string): string;
}

/** What the authorizers say of a logical cluster that does not exist: unknown ones must read the same to everybody. */
const unknownCluster = 'LogicalCluster not found';

/** May they? The only place that makes an authorised context. Unknown workspaces get what forbidden ones get. */
export function authorizationFilter(options: AuthorizationOptions): Filter<UserContext, AuthorizedContext> {
  return {
    name: 'authorization',
    apply(context) {
      const attributes = attributesOf(context);
      if (context.target.kind === 'unresolved') return refuseUnknown(context, attributes, options);
      if (context.target.kind === 'none' && context.info.resourceRequest) throw pathNotFound();
      const result = context.domain.authorizer.authorize(attributes);
      return result instanceof Promise
        ? result.then((settled) => authorized(context, attributes, settled, options))
        : authorized(context, attributes, result, options);
    },
  };
}

async function refuseUnknown(
  context: UserContext,
  attributes: AuthorizationAttributes,
  options: AuthorizationOptions,
): Promise<never> {
  const reason = await context.domain.refusalOfUnknown?.(attributes);
  throw denied(context, options.message(attributes, reason ?? unknownCluster));
}

function authorized(
  context: UserContext,
  attributes: AuthorizationAttributes,
  result: Authorization,
  options: AuthorizationOptions,
): AuthorizedContext {
  context.auditAnnotations['authorization.k8s.io/decision'] = result.decision === 'allow' ? 'allow' : 'forbid';
  context.auditAnnotations['authorization.k8s.io/reason'] = `${result.authorizer}: ${result.reason}`;
  if (result.decision !== 'allow') throw denied(context, options.message(attributes, result.reason));
  const checkMayCreate = async (): Promise<void> => {
    const asked = { ...attributes, verb: 'create' };
    const { decision, reason } = await context.domain.authorizer.authorize(asked);
    if (decision !== 'allow') throw denied(context, options.message(asked, reason));
  };
  return enrich(context, { access: accessFor(context.target), checkMayCreate }) as AuthorizedContext;
}

/** What everybody is told of a workspace that they cannot enter, whether it exists or not. */
export function deniedAsUnknown(context: UserContext, options: AuthorizationOptions): StatusError {
  return denied(context, options.message(attributesOf(context), unknownCluster));
}

function denied(context: UserContext, why: string): StatusError {
  const { info } = context;
  return forbidden({ group: info.group, resource: info.resource }, info.name, why);
}
