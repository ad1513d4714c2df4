import type { TLSSocket } from 'node:tls';

/** Who a request is from. Groups and extra are those of the Kubernetes `UserInfo`. */
export interface UserInfo {
  name: string;
  uid?: string;
  groups: readonly string[];
  extra?: Readonly<Record<string, readonly string[]>>;
}

/** What an authenticator may look at. */
export interface Credentials {
  /** The token of an `Authorization: Bearer` header. */
  bearerToken?: string;
  /** The TLS connection, for client certificates; absent for in-process calls. */
  socket?: TLSSocket;
  headers: Readonly<Record<string, string | undefined>>;
}

export type AuthenticationResult =
  | { outcome: 'authenticated'; user: UserInfo; authenticator: string }
  /** No credential of the kind this authenticator understands. */
  | { outcome: 'absent' }
  /** A credential of its kind, but not a good one. */
  | { outcome: 'rejected'; reason: string };

export interface Authenticator {
  readonly name: string;
  authenticate(credentials: Credentials): AuthenticationResult | Promise<AuthenticationResult>;
}

export const systemMasters = 'system:masters';
export const systemAuthenticated = 'system:authenticated';
export const systemUnauthenticated = 'system:unauthenticated';

export const anonymousUser: UserInfo = { name: 'system:anonymous', groups: [systemUnauthenticated] };
