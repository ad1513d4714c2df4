export type { ClientCertificate, CredentialSource, Credentials } from './http/credentials.ts';
export { bearerToken, fixedCredentials } from './http/credentials.ts';
export type { HttpTransportOptions } from './http/http-transport.ts';
export { createHttpTransport } from './http/http-transport.ts';
export type { TlsOptions } from './http/tls-connection.ts';

export type { KubeconfigChanges } from './kubeconfig/edit-kubeconfig.ts';
export { editKubeconfig, kubeconfigExists } from './kubeconfig/edit-kubeconfig.ts';
export type { ExecEnvironment } from './kubeconfig/exec-credentials.ts';
export type {
  ClusterEntry,
  ContextChoice,
  ContextEntry,
  ExecConfig,
  Kubeconfig,
  ResolvedContext,
  UserEntry,
} from './kubeconfig/kubeconfig.ts';
export { KubeconfigError, resolveContext } from './kubeconfig/kubeconfig.ts';
export type { ConnectionOptions, ConnectionSettings, KubeconfigClient } from './kubeconfig/kubeconfig-client.ts';
export { Connector, connectContext, connectionSettings } from './kubeconfig/kubeconfig-client.ts';
export type { KubeconfigFiles, KubeconfigPlace } from './kubeconfig/load-kubeconfig.ts';
export { kubeconfigFiles, loadKubeconfig } from './kubeconfig/load-kubeconfig.ts';
