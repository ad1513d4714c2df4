/** What proves to a server who asks. */
export interface Credentials {
  /** Lower-case names; a list is sent as several headers. */
  headers: Readonly<Record<string, string | readonly string[]>>;
  /** PEM. Presented in the TLS handshake. */
  clientCertificate?: ClientCertificate;
}

export interface ClientCertificate {
  cert: string;
  key: string;
}

/** Where credentials come from; asked for every request, so it keeps what is still good. */
export interface CredentialSource {
  get(signal?: AbortSignal): Promise<Credentials>;
  /** The server answered 401 to what {@link get} gave. True if asking again may give something else. */
  reject(): boolean;
}

/** Always the same credentials. */
export function fixedCredentials(credentials: Credentials): CredentialSource {
  return { get: () => Promise.resolve(credentials), reject: () => false };
}

export function bearerToken(token: string): CredentialSource {
  return fixedCredentials({ headers: { authorization: `Bearer ${token}` } });
}
