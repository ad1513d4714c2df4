import type { AuthenticationResult, Authenticator } from './authenticator.ts';

/** Asks each in turn; the first that knows the caller wins. A credential that nobody accepts is rejected. */
export function unionAuthenticator(authenticators: readonly Authenticator[]): Authenticator {
  return {
    name: 'union',
    async authenticate(credentials): Promise<AuthenticationResult> {
      let rejected: AuthenticationResult | undefined;
      for (const authenticator of authenticators) {
        const result = await authenticator.authenticate(credentials);
        if (result.outcome === 'authenticated') return result;
        if (result.outcome === 'rejected') rejected ??= result;
      }
      if (rejected !== undefined) return rejected;
      if (credentials.bearerToken !== undefined)
        return { outcome: 'rejected', reason: 'the bearer token is not known' };
      return { outcome: 'absent' };
    },
  };
}
