/**
 * The parts of a kubeconfig (kind `Config`, version v1 of client-go's clientcmd API) that are used here. Fields that are
 * not named are kept as they are. Paths of files are absolute once loaded.
 */
export interface ClusterEntry {
  /** URL, with the path of a workspace for kcp: `https://host:6443/clusters/root`. */
  server?: string;
  'certificate-authority'?: string;
  /** Base64 of PEM; wins over the file, as all `-data` fields do. */
  'certificate-authority-data'?: string;
  'insecure-skip-tls-verify'?: boolean;
  'tls-server-name'?: string;
  'proxy-url'?: string;
  [field: string]: unknown;
}

export interface UserEntry {
  token?: string;
  tokenFile?: string;
  'client-certificate'?: string;
  'client-certificate-data'?: string;
  'client-key'?: string;
  'client-key-data'?: string;
  username?: string;
  password?: string;
  as?: string;
  'as-uid'?: string;
  'as-groups'?: string[];
  'as-user-extra'?: Record<string, string[]>;
  exec?: ExecConfig;
  'auth-provider'?: { name?: string; [field: string]: unknown };
  [field: string]: unknown;
}

/** A program that prints an ExecCredential (client.authentication.k8s.io/v1 or v1beta1). */
export interface ExecConfig {
  apiVersion?: string;
  command: string;
  args?: string[] | null;
  env?: { name: string; value: string }[] | null;
  installHint?: string;
  provideClusterInfo?: boolean;
  interactiveMode?: 'Never' | 'IfAvailable' | 'Always';
  [field: string]: unknown;
}

export interface ContextEntry {
  cluster?: string;
  user?: string;
  namespace?: string;
  [field: string]: unknown;
}

/** All files put together; of entries with equal names, the first file's counts. */
export interface Kubeconfig {
  currentContext: string;
  clusters: Map<string, ClusterEntry>;
  users: Map<string, UserEntry>;
  contexts: Map<string, ContextEntry>;
}

/** A kubeconfig that cannot be read or used. The message says which file and what is wrong. */
export class KubeconfigError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'KubeconfigError';
  }
}

/** What a context stands for. */
export interface ResolvedContext {
  context: string;
  namespace: string;
  clusterName: string;
  cluster: ClusterEntry;
  user: UserEntry;
}

export interface ContextChoice {
  /** Default: the current context. */
  context?: string;
  /** Instead of the context's. */
  cluster?: string;
  user?: string;
  namespace?: string;
  /** Instead of the cluster's `server`. */
  server?: string;
}

/** @throws KubeconfigError when the context, its cluster or its user does not exist, or the cluster has no server */
export function resolveContext(config: Kubeconfig, choice: ContextChoice = {}): ResolvedContext {
  const name = choice.context || config.currentContext;
  const context = config.contexts.get(name);
  if (name !== '' && context === undefined) throw new KubeconfigError(`context "${name}" does not exist`);
  const clusterName = choice.cluster || context?.cluster || '';
  const cluster = config.clusters.get(clusterName);
  if (clusterName !== '' && cluster === undefined) throw new KubeconfigError(`cluster "${clusterName}" does not exist`);
  const userName = choice.user || context?.user || '';
  const user = config.users.get(userName);
  if (userName !== '' && user === undefined) throw new KubeconfigError(`auth info "${userName}" does not exist`);
  const server = choice.server || cluster?.server;
  if (!server) {
    throw new KubeconfigError(
      name === '' ? 'no current context is set in the kubeconfig' : `cluster "${clusterName}" has no server`,
    );
  }
  return {
    context: name,
    namespace: choice.namespace || context?.namespace || 'default',
    clusterName,
    cluster: { ...cluster, server },
    user: user ?? {},
  };
}
