import { unauthorized } from '@canopy/apimachinery';
import {
  type Authenticator,
  anonymousUser,
  systemAuthenticated,
  type UserInfo,
} from '../authentication/authenticator.ts';
import type { InfoContext, UserContext } from '../endpoints/request-context.ts';
import type { Filter } from './chain.ts';

/** Identity headers that only a trusted front may send; nothing behind this step ever reads them from a client. */
const bearerPrefix = 'bearer ';

/** Who is it? A bad credential is 401; none at all is `system:anonymous`. In-process callers bring their identity. */
export function authenticationFilter(authenticator: Authenticator): Filter<InfoContext, UserContext> {
  return {
    name: 'authentication',
    async apply(context) {
      if (context.inProcessUser !== undefined) {
        return { ...context, user: context.inProcessUser, authenticator: 'in-process' };
      }
      const { authorization } = context.headers;
      const bearer = authorization?.toLowerCase().startsWith(bearerPrefix)
        ? authorization.slice(bearerPrefix.length).trim()
        : undefined;
      const result = await authenticator.authenticate({
        headers: context.headers,
        ...(bearer === undefined || bearer === '' ? {} : { bearerToken: bearer }),
        ...(context.socket === undefined ? {} : { socket: context.socket }),
      });
      switch (result.outcome) {
        case 'authenticated':
          return { ...context, user: withAuthenticatedGroup(result.user), authenticator: result.authenticator };
        case 'absent':
          return { ...context, user: anonymousUser, authenticator: 'anonymous' };
        case 'rejected':
          throw unauthorized();
      }
    },
  };
}

/** Everybody who is not anonymous is in `system:authenticated`. */
export function withAuthenticatedGroup(user: UserInfo): UserInfo {
  if (user.groups.includes(systemAuthenticated)) return user;
  return { ...user, groups: [...user.groups, systemAuthenticated] };
}
