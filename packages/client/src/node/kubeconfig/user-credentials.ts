import { readFile } from 'node:fs/promises';
import type { ClientCertificate, CredentialSource, Credentials } from '../http/credentials.ts';
import type { ExecEnvironment } from './exec-credentials.ts';
import { ExecCredentials } from './exec-credentials.ts';
import type { ClusterEntry, UserEntry } from './kubeconfig.ts';
import { KubeconfigError } from './kubeconfig.ts';

type HeaderMap = Record<string, string | readonly string[]>;

/** A token's file is read again after so many milliseconds. */
const tokenFileMs = 60_000;

/**
 * The credentials of a kubeconfig's user: token, token file, password, client certificate, exec plugin, and headers of
 * impersonation.
 *
 * @throws KubeconfigError when files are missing or the way to authenticate is not supported
 */
export async function userCredentials(
  user: UserEntry,
  cluster: ClusterEntry,
  environment: ExecEnvironment,
): Promise<CredentialSource> {
  if (user['auth-provider'] !== undefined) {
    throw new KubeconfigError(
      `auth-provider ${String(user['auth-provider'].name)} is not supported; use an exec plugin`,
    );
  }
  const clientCertificate = await certificateOf(user);
  const headers = impersonationHeaders(user);
  if (user.exec !== undefined) {
    return new AddedCredentials(new ExecCredentials(user.exec, cluster, environment), { headers, clientCertificate });
  }
  if (user.tokenFile) {
    return new AddedCredentials(new TokenFile(user.tokenFile, environment), { headers, clientCertificate });
  }
  if (user.token) headers['authorization'] = `Bearer ${user.token}`;
  else if (user.username) {
    headers['authorization'] = `Basic ${Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')}`;
  }
  const fixed: Credentials = { headers, clientCertificate };
  return { get: () => Promise.resolve(fixed), reject: () => false };
}

/** PEM from a `-data` field, else from the file it names. */
export async function pemOf(
  data: string | undefined,
  file: string | undefined,
  what: string,
): Promise<string | undefined> {
  if (data) return Buffer.from(data, 'base64').toString('utf8');
  if (!file) return undefined;
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new KubeconfigError(`cannot read the ${what} ${file}: ${(cause as Error).message}`, cause);
  }
}

async function certificateOf(user: UserEntry): Promise<ClientCertificate | undefined> {
  const cert = await pemOf(user['client-certificate-data'], user['client-certificate'], 'client certificate');
  const key = await pemOf(user['client-key-data'], user['client-key'], 'client key');
  if ((cert === undefined) !== (key === undefined)) {
    throw new KubeconfigError('a client certificate needs a key, and a key a certificate');
  }
  return cert === undefined || key === undefined ? undefined : { cert, key };
}

function impersonationHeaders(user: UserEntry): HeaderMap {
  const headers: HeaderMap = {};
  if (user.as) headers['impersonate-user'] = user.as;
  if (user['as-uid']) headers['impersonate-uid'] = user['as-uid'];
  if (user['as-groups']?.length) headers['impersonate-group'] = user['as-groups'];
  for (const [key, values] of Object.entries(user['as-user-extra'] ?? {})) {
    headers[`impersonate-extra-${encodeURIComponent(key).toLowerCase()}`] = values;
  }
  return headers;
}

/** What a source gives, with more headers, and with a certificate where it gives none. */
class AddedCredentials implements CredentialSource {
  readonly #source: CredentialSource;
  readonly #more: Credentials;

  constructor(source: CredentialSource, more: Credentials) {
    this.#source = source;
    this.#more = more;
  }

  async get(signal?: AbortSignal): Promise<Credentials> {
    const given = await this.#source.get(signal);
    return {
      headers: { ...this.#more.headers, ...given.headers },
      clientCertificate: given.clientCertificate ?? this.#more.clientCertificate,
    };
  }

  reject(): boolean {
    return this.#source.reject();
  }
}

class TokenFile implements CredentialSource {
  readonly #file: string;
  readonly #environment: ExecEnvironment;
  #current: { credentials: Credentials; readAt: number } | undefined;

  constructor(file: string, environment: ExecEnvironment) {
    this.#file = file;
    this.#environment = environment;
  }

  async get(): Promise<Credentials> {
    const now = this.#environment.now();
    if (this.#current !== undefined && now - this.#current.readAt < tokenFileMs) return this.#current.credentials;
    const token = ((await pemOf(undefined, this.#file, 'token file')) ?? '').trim();
    if (token === '') throw new KubeconfigError(`the token file ${this.#file} is empty`);
    this.#current = { credentials: { headers: { authorization: `Bearer ${token}` } }, readAt: now };
    return this.#current.credentials;
  }

  reject(): boolean {
    this.#current = undefined;
    return true;
  }
}
