import { badRequest, forbidden } from '@canopy/apimachinery';
import type { UserInfo } from '../authentication/authenticator.ts';
import { checkImpersonation } from '../authorization/impersonation.ts';
import type { UserContext } from '../endpoints/request-context.ts';
import type { Filter } from './chain.ts';

const extraPrefix = 'impersonate-extra-';

/** `Impersonate-*` headers: checked against the real user's rights, then the request goes on as the other user. */
export const impersonationFilter: Filter<UserContext, UserContext> = {
  name: 'impersonation',
  async apply(context) {
    const wanted = wantedUser(context);
    if (wanted === undefined) return context;
    const cluster = context.target.kind === 'cluster' ? context.target.name : undefined;
    const verdict = await checkImpersonation({
      requestor: context.user,
      wanted,
      cluster,
      authorizer: context.domain.authorizer,
    });
    if (!verdict.allowed) throw forbidden({ group: '', resource: verdict.resource }, verdict.name, verdict.reason);
    return { ...context, user: verdict.user, impersonator: context.user };
  },
};

function wantedUser(context: UserContext): UserInfo | undefined {
  const { headers } = context;
  const name = headers['impersonate-user'];
  const groups = (headers['impersonate-group'] ?? '').split(/,\s*/).filter((group) => group !== '');
  const uid = headers['impersonate-uid'];
  const extra: Record<string, string[]> = {};
  for (const [header, value] of Object.entries(headers)) {
    if (!header.startsWith(extraPrefix) || value === undefined) continue;
    extra[decodeURIComponent(header.slice(extraPrefix.length))] = value.split(/,\s*/);
  }
  const hasExtra = Object.keys(extra).length > 0;
  if (name === undefined || name === '') {
    if (groups.length > 0 || uid !== undefined || hasExtra)
      throw badRequest('requested to impersonate groups, uid or extra without a user');
    return undefined;
  }
  return { name, groups, ...(uid === undefined ? {} : { uid }), ...(hasExtra ? { extra } : {}) };
}
