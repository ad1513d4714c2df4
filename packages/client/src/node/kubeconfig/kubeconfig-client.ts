import { DynamicClient } from '../../dynamic/dynamic-client.ts';
import type { RestClientOptions } from '../../rest/rest-client.ts';
import { RestClient } from '../../rest/rest-client.ts';
import type { Transport } from '../../transport.ts';
import type { CredentialSource } from '../http/credentials.ts';
import type { HttpTransportOptions } from '../http/http-transport.ts';
import { createHttpTransport } from '../http/http-transport.ts';
import type { TlsOptions } from '../http/tls-connection.ts';
import type { ExecEnvironment } from './exec-credentials.ts';
import type { ClusterEntry, ResolvedContext } from './kubeconfig.ts';
import { KubeconfigError } from './kubeconfig.ts';
import { pemOf, userCredentials } from './user-credentials.ts';

export interface ConnectionOptions extends Omit<HttpTransportOptions, 'server' | 'tls' | 'auth'> {
  /** Default: no environment for exec plugins, and nobody to ask. */
  environment?: Partial<ExecEnvironment>;
  rest?: Omit<RestClientOptions, 'transport' | 'basePath'>;
}

/** How to talk to a server, apart from where it is. */
export interface ConnectionSettings {
  tls: TlsOptions;
  auth: CredentialSource;
}

/** @throws KubeconfigError for what is missing, unreadable or not supported */
export async function connectionSettings(
  { cluster, user }: Pick<ResolvedContext, 'cluster' | 'user'>,
  environment: Partial<ExecEnvironment> = {},
): Promise<ConnectionSettings> {
  if (cluster['proxy-url']) throw new KubeconfigError(`proxy-url (${cluster['proxy-url']}) is not supported`);
  const full: ExecEnvironment = { env: {}, interactive: false, now: Date.now, ...environment };
  return { tls: await tlsOf(cluster), auth: await userCredentials(user, cluster, full) };
}

async function tlsOf(cluster: ClusterEntry): Promise<TlsOptions> {
  const insecureSkipVerify = cluster['insecure-skip-tls-verify'] === true;
  const ca = await pemOf(
    cluster['certificate-authority-data'],
    cluster['certificate-authority'],
    'certificate authority',
  );
  if (insecureSkipVerify && ca !== undefined) {
    throw new KubeconfigError('insecure-skip-tls-verify and a certificate authority exclude each other');
  }
  return { ca, insecureSkipVerify, serverName: cluster['tls-server-name'] || undefined };
}

/**
 * Clients for many URLs that take the same credentials and authority: one transport per host, shared. Made for the URLs
 * of virtual workspaces, which may lie on other hosts than the kubeconfig's server.
 */
export class Connector {
  readonly #settings: ConnectionSettings;
  readonly #options: ConnectionOptions;
  readonly #transports = new Map<string, Transport>();

  constructor(settings: ConnectionSettings, options: ConnectionOptions = {}) {
    this.#settings = settings;
    this.#options = options;
  }

  /** A client for a URL; its path becomes the base path. @throws TypeError if it is no http or https URL */
  connect(url: string): DynamicClient {
    const { origin, pathname } = new URL(url);
    const { environment: _, rest, ...http } = this.#options;
    let transport = this.#transports.get(origin);
    if (transport === undefined) {
      transport = createHttpTransport({ ...http, ...this.#settings, server: origin });
      this.#transports.set(origin, transport);
    }
    return new DynamicClient(new RestClient({ ...rest, transport, basePath: pathname }));
  }

  /** Requests after it fail; those under way may end. */
  async close(): Promise<void> {
    await Promise.all([...this.#transports.values()].map((transport) => transport.close()));
  }
}

/** A client for a kubeconfig's context, and the way to others with the same credentials. */
export interface KubeconfigClient {
  client: DynamicClient;
  namespace: string;
  connector: Connector;
  close(): Promise<void>;
}

/** @throws KubeconfigError for what is missing, unreadable or not supported */
export async function connectContext(
  resolved: ResolvedContext,
  options: ConnectionOptions = {},
): Promise<KubeconfigClient> {
  const connector = new Connector(await connectionSettings(resolved, options.environment), options);
  let client: DynamicClient;
  try {
    client = connector.connect(resolved.cluster.server ?? '');
  } catch (cause) {
    throw new KubeconfigError(
      `server "${resolved.cluster.server}" of cluster "${resolved.clusterName}" is not a URL`,
      cause,
    );
  }
  return { client, namespace: resolved.namespace, connector, close: () => connector.close() };
}
