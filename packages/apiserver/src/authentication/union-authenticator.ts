import type { AuthenticationResult, Authenticator, Credentials } from './authenticator.ts';

/** Asks each in turn; the first that knows the caller wins. A credential that nobody accepts is rejected. */
export function unionAuthenticator(authenticators: readonly Authenticator[]): Authenticator {
  return {
    name: 'union',
    authenticate: (credentials) => ask(authenticators, credentials, 0, undefined),
  };
}

/** Most answers are known at once: only those that have to be waited for cost a turn. */
function ask(
  authenticators: readonly Authenticator[],
  credentials: Credentials,
  from: number,
  rejected: AuthenticationResult | undefined,
): AuthenticationResult | Promise<AuthenticationResult> {
  let refusal = rejected;
  for (let i = from; i < authenticators.length; i++) {
    const result = (authenticators[i] as Authenticator).authenticate(credentials);
    if (result instanceof Promise) {
      return result.then((settled) =>
        settled.outcome === 'authenticated'
          ? settled
          : ask(authenticators, credentials, i + 1, refusal ?? refusalIn(settled)),
      );
    }
    if (result.outcome === 'authenticated') return result;
    refusal ??= refusalIn(result);
  }
  if (refusal !== undefined) return refusal;
  if (credentials.bearerToken !== undefined) return { outcome: 'rejected', reason: 'the bearer token is not known' };
  return { outcome: 'absent' };
}

function refusalIn(result: AuthenticationResult): AuthenticationResult | undefined {
  return result.outcome === 'rejected' ? result : undefined;
}
