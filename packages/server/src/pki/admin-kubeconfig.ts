import { createHash, randomBytes } from 'node:crypto';
import path from 'node:path';
import { parseYamlDocument } from '@canopy/apimachinery';
import { UsageError } from '../options/parse-options.ts';
import { readFileIfAny, writePrivateFile } from './private-file.ts';

export interface AdminAccess {
  /** New at every start, where there are no replicas to share it with; group `system:kcp:admin`. */
  kcpAdminToken: string;
  /** SHA-256 of the token of group `system:masters`; the token itself is in admin.kubeconfig only. */
  shardAdminTokenHash: string;
}

function newToken(): string {
  return randomBytes(32).toString('base64url');
}

function hash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

export interface AdminTokens {
  kcpAdmin: string;
  shardAdmin: string;
}

/**
 * The token of shard-admin is kept over restarts (as a hash in `.admin-token-store`); a kubeconfig whose token does not fit
 * the store stops the start.
 */
export async function knownAdminTokens(rootDirectory: string): Promise<AdminTokens> {
  const file = path.join(rootDirectory, 'admin.kubeconfig');
  const storedHash = readFileIfAny(path.join(rootDirectory, '.admin-token-store'))?.trim();
  const shardAdmin = await tokenOf(readFileIfAny(file), 'shard-admin');
  if (shardAdmin !== undefined && storedHash !== hash(shardAdmin)) {
    throw new UsageError(
      `admin token in file "${file}" is not valid anymore. Remove file "${file}" and restart canopy`,
    );
  }
  return { kcpAdmin: newToken(), shardAdmin: shardAdmin ?? newToken() };
}

/** The tokens that `admin.kubeconfig` has. */
export async function writtenAdminTokens(rootDirectory: string): Promise<Partial<AdminTokens>> {
  const text = readFileIfAny(path.join(rootDirectory, 'admin.kubeconfig'));
  const [kcpAdmin, shardAdmin] = [await tokenOf(text, 'kcp-admin'), await tokenOf(text, 'shard-admin')];
  return { ...(kcpAdmin && { kcpAdmin }), ...(shardAdmin && { shardAdmin }) };
}

/** Writes `admin.kubeconfig` with kcp's clusters, users and contexts. */
export function writeAdminKubeconfig(
  rootDirectory: string,
  input: { server: string; ca: string; tokens: AdminTokens },
): AdminAccess {
  const { kcpAdmin: kcpAdminToken, shardAdmin: shardAdminToken } = input.tokens;
  const store = path.join(rootDirectory, '.admin-token-store');
  const shardAdminTokenHash = hash(shardAdminToken);
  if (readFileIfAny(store)?.trim() !== shardAdminTokenHash) writePrivateFile(store, shardAdminTokenHash);
  const file = path.join(rootDirectory, 'admin.kubeconfig');
  writePrivateFile(file, kubeconfigText({ ...input, kcpAdminToken, shardAdminToken }));
  return { kcpAdminToken, shardAdminTokenHash };
}

/** Other programs rewrite the file, so it is read as YAML. A file that is none counts as one without the user. */
async function tokenOf(text: string | undefined, user: string): Promise<string | undefined> {
  if (text === undefined) return undefined;
  const asWritten = new RegExp(`- name: ${user}\\n {4}user:\\n {6}token: (\\S+)`).exec(text)?.[1];
  if (asWritten !== undefined) return asWritten;
  const config = (await parseYamlDocument(text).catch(() => undefined)) as { users?: KubeconfigUser[] } | undefined;
  return config?.users?.find((entry) => entry.name === user)?.user?.token;
}

interface KubeconfigUser {
  name?: string;
  user?: { token?: string };
}

function kubeconfigText(input: { server: string; ca: string; kcpAdminToken: string; shardAdminToken: string }): string {
  const ca = Buffer.from(input.ca).toString('base64');
  const cluster = (name: string, url: string): string =>
    `  - name: ${name}\n    cluster:\n      certificate-authority-data: ${ca}\n      server: ${url}\n`;
  const context = (name: string, clusterName: string, user: string): string =>
    `  - name: ${name}\n    context:\n      cluster: ${clusterName}\n      user: ${user}\n`;
  const user = (name: string, token: string): string => `  - name: ${name}\n    user:\n      token: ${token}\n`;
  return [
    'apiVersion: v1\nkind: Config\nclusters:\n',
    cluster('root', `${input.server}/clusters/root`),
    cluster('base', input.server),
    cluster('system:admin', `${input.server}/clusters/system:admin`),
    'contexts:\n',
    context('root', 'root', 'kcp-admin'),
    context('base', 'base', 'kcp-admin'),
    context('system:admin', 'system:admin', 'shard-admin'),
    context('shard-base', 'base', 'shard-admin'),
    'current-context: root\npreferences: {}\nusers:\n',
    user('kcp-admin', input.kcpAdminToken),
    user('shard-admin', input.shardAdminToken),
  ].join('');
}
