import { unauthorized } from '@canopy/apimachinery';
import {
  type AuthenticationResult,
  type Authenticator,
  anonymousUser,
  systemAuthenticated,
  type UserInfo,
} from '../authentication/authenticator.ts';
import type { InfoContext, UserContext } from '../endpoints/request-context.ts';
import { enrich, type Filter } from './chain.ts';

/** Identity headers that only a trusted front may send; nothing behind this step ever reads them from a client. */
const bearerPrefix = 'bearer ';

/** Who is it? A bad credential is 401; none at all is `system:anonymous`. In-process callers bring their identity. */
export function authenticationFilter(authenticator: Authenticator): Filter<InfoContext, UserContext> {
  return {
    name: 'authentication',
    apply(context) {
      if (context.inProcessUser !== undefined) {
        return enrich(context, { user: context.inProcessUser, authenticator: 'in-process' });
      }
      const { authorization } = context.headers;
      const bearer =
        authorization?.slice(0, bearerPrefix.length).toLowerCase() === bearerPrefix
          ? authorization.slice(bearerPrefix.length).trim()
          : undefined;
      const result = authenticator.authenticate({
        headers: context.headers,
        ...(bearer === undefined || bearer === '' ? {} : { bearerToken: bearer }),
        ...(context.socket === undefined ? {} : { socket: context.socket }),
      });
      return result instanceof Promise
        ? result.then((settled) => identified(context, settled))
        : identified(context, result);
    },
  };
}

function identified(context: InfoContext, result: AuthenticationResult): UserContext {
  switch (result.outcome) {
    case 'authenticated':
      return enrich(context, { user: withAuthenticatedGroup(result.user), authenticator: result.authenticator });
    case 'absent':
      return enrich(context, { user: anonymousUser, authenticator: 'anonymous' });
    case 'rejected':
      throw unauthorized();
  }
}

/** Of users that authenticators hand out again and again. */
const withGroup = new WeakMap<UserInfo, UserInfo>();

/** Everybody who is not anonymous is in `system:authenticated`. */
export function withAuthenticatedGroup(user: UserInfo): UserInfo {
  if (user.groups.includes(systemAuthenticated)) return user;
  let member = withGroup.get(user);
  if (member === undefined) {
    member = { ...user, groups: [...user.groups, systemAuthenticated] };
    withGroup.set(user, member);
  }
  return member;
}
