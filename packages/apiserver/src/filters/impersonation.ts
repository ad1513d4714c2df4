import { badRequest, forbidden } from '@canopy/apimachinery';
import type { UserInfo } from '../authentication/authenticator.ts';
import { checkImpersonation } from '../authorization/impersonation.ts';
import type { UserContext } from '../endpoints/request-context.ts';
import { type AuthorizationOptions, deniedAsUnknown } from './authorization.ts';
import { enrich, type Filter } from './chain.ts';
import { attributesOf } from './request-attributes.ts';

const prefix = 'impersonate-';
const extraPrefix = 'impersonate-extra-';

/** `Impersonate-*` headers: checked against the real user's rights, then the request goes on as the other user. */
export function impersonationFilter(options: AuthorizationOptions): Filter<UserContext, UserContext> {
  return {
    name: 'impersonation',
    apply(context) {
      const wanted = wantedUser(context);
      return wanted === undefined ? context : impersonated(context, wanted, options);
    },
  };
}

async function impersonated(
  context: UserContext,
  wanted: UserInfo,
  options: AuthorizationOptions,
): Promise<UserContext> {
  const cluster = context.target.kind === 'cluster' ? context.target.name : undefined;
  const { authorizer } = context.domain;
  const verdict = await checkImpersonation({ requestor: context.user, wanted, cluster, authorizer });
  if (verdict.allowed) return enrich(context, { user: verdict.user, impersonator: context.user });
  if (!(await mayEnter(context))) throw deniedAsUnknown(context, options);
  throw forbidden({ group: '', resource: verdict.resource }, verdict.name, verdict.reason);
}

/** Strangers must not learn from a refusal whether the workspace exists. */
async function mayEnter(context: UserContext): Promise<boolean> {
  if (context.target.kind !== 'cluster') return false;
  const { decision } = await context.domain.authorizer.authorize({
    ...attributesOf(context),
    verb: 'access',
    resourceRequest: false,
    path: '/',
    namespace: '',
  });
  return decision === 'allow';
}

function decodeKey(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw badRequest(`malformed header Impersonate-Extra-${text}`);
  }
}

/** Hardly any request does, so this is all that most of them pay. */
function impersonates(headers: UserContext['headers']): boolean {
  for (const header in headers) if (header.startsWith(prefix)) return true;
  return false;
}

function wantedUser(context: UserContext): UserInfo | undefined {
  const { headers } = context;
  if (!impersonates(headers)) return undefined;
  const name = headers['impersonate-user'];
  const groups = (headers['impersonate-group'] ?? '').split(/,\s*/).filter((group) => group !== '');
  const uid = headers['impersonate-uid'];
  const extra: Record<string, string[]> = {};
  for (const [header, value] of Object.entries(headers)) {
    if (!header.startsWith(extraPrefix) || value === undefined) continue;
    extra[decodeKey(header.slice(extraPrefix.length))] = value.split(/,\s*/);
  }
  const hasExtra = Object.keys(extra).length > 0;
  if (name === undefined || name === '') {
    if (groups.length > 0 || uid !== undefined || hasExtra)
      throw badRequest('requested to impersonate groups, uid or extra without a user');
    return undefined;
  }
  return { name, groups, ...(uid === undefined ? {} : { uid }), ...(hasExtra ? { extra } : {}) };
}
