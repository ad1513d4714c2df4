import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  type Authenticator,
  type AuthorizationAttributes,
  type Authorizer,
  deepAuthorize,
  forbiddenMessage,
  parseTokenFile,
  Rbac,
  ServiceAccountTokens,
  serviceAccountAuthenticator,
  systemMasters,
  type TokenDependencies,
  TokenTable,
  tokenAuthenticator,
  unionAuthenticator,
  workspaceAuthorizer,
  x509Authenticator,
} from '@canopy/apiserver';
import { type ClusterDirectory, type DeepAuthorizer, readObject } from '@canopy/kcp';
import { objectKey, type Storage } from '@canopy/storage';
import type { CompletedConfig } from '../config/complete-config.ts';
import { UsageError } from '../options/parse-options.ts';
import type { AdminAccess } from '../pki/admin-kubeconfig.ts';

/** Who somebody is and what they may do. */
export interface AccessControl {
  authenticator: Authenticator;
  authorizer: Authorizer;
  deep: DeepAuthorizer;
  rbac: Rbac;
  tokens: ServiceAccountTokens;
  dependencies: TokenDependencies;
  message(attributes: AuthorizationAttributes, reason: string): string;
}

export interface AccessInput {
  config: Pick<CompletedConfig, 'tokenAuthFile' | 'clientCaFile'>;
  storage: Storage;
  directory: ClusterDirectory;
  admin: AdminAccess;
  serviceAccountKey: string;
  issuer: string;
}

const openPaths = ['/healthz', '/livez', '/readyz', '/version', '/.well-known/openid-configuration', '/openid/v1/jwks'];

export function wireAccess(input: AccessInput): AccessControl {
  const { config, storage, directory } = input;
  const rbac = new Rbac(storage);
  const now = (): number => Date.now();
  const tokens = new ServiceAccountTokens(input.serviceAccountKey, { issuer: input.issuer, now });
  const dependencies: TokenDependencies = {
    serviceAccount: (cluster, namespace, name) =>
      read(storage, { resource: 'serviceaccounts', cluster, namespace, name }),
    secret: (cluster, namespace, name) => read(storage, { resource: 'secrets', cluster, namespace, name }),
  };
  const authenticators: Authenticator[] = [tokenAuthenticator('admin-token', adminTokens(input.admin))];
  if (config.tokenAuthFile !== undefined)
    authenticators.push(tokenAuthenticator('token-file', tokenFile(config.tokenAuthFile)));
  authenticators.push(serviceAccountAuthenticator(tokens, dependencies));
  if (config.clientCaFile !== undefined) authenticators.push(x509Authenticator(clientCa(config.clientCaFile), now));
  return {
    authenticator: unionAuthenticator(authenticators),
    authorizer: workspaceAuthorizer({
      rbac,
      logicalCluster: (cluster) => directory.logicalCluster(cluster),
      alwaysAllowPaths: openPaths,
      ceilings: [],
    }),
    deep: { allowed: (user, cluster, question) => isAllowedDeep(rbac, { user, cluster, question }) },
    rbac,
    tokens,
    dependencies,
    message: forbiddenMessage,
  };
}

type DeepCall = {
  [K in 'user' | 'cluster' | 'question']: Parameters<DeepAuthorizer['allowed']>[K extends 'user'
    ? 0
    : K extends 'cluster'
      ? 1
      : 2];
};

async function isAllowedDeep(rbac: Rbac, { user, cluster, question }: DeepCall): Promise<boolean> {
  const result = await deepAuthorize(rbac, {
    user,
    cluster,
    wildcard: false,
    verb: question.verb,
    resourceRequest: true,
    group: question.group,
    version: '',
    resource: question.resource,
    subresource: question.subresource ?? '',
    namespace: '',
    name: question.name,
    path: '',
  });
  return result.decision === 'allow';
}

async function read(storage: Storage, at: { resource: string; cluster: string; namespace: string; name: string }) {
  if (at.cluster === '' || at.namespace === '' || at.name === '') return undefined;
  return (await readObject(storage, objectKey({ group: '', ...at })))?.object;
}

function adminTokens(admin: AdminAccess): () => TokenTable {
  const table = new TokenTable();
  table.add(admin.kcpAdminToken, { name: 'kcp-admin', groups: ['system:kcp:admin'] });
  table.addHash(admin.shardAdminTokenHash, { name: 'shard-admin', groups: [systemMasters] });
  return () => table;
}

/** The file is read once; what is wrong in it stops the start. */
function tokenFile(file: string): () => TokenTable {
  try {
    const table = parseTokenFile(readFileSync(file, 'utf8'));
    return () => table;
  } catch (error) {
    throw new UsageError(`--token-auth-file ${file}: ${(error as Error).message}`);
  }
}

function clientCa(file: string): string {
  const pem = readFileSync(file, 'utf8');
  try {
    new X509Certificate(pem);
  } catch {
    throw new UsageError(`--client-ca-file ${file}: it holds no PEM certificate`);
  }
  return pem;
}
