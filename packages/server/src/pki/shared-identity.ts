import { createHmac } from 'node:crypto';
import path from 'node:path';
import type { Storage, StorageKey } from '@canopy/storage';
import { type AdminTokens, knownAdminTokens, writeAdminKubeconfig, writtenAdminTokens } from './admin-kubeconfig.ts';
import { authority } from './certificates.ts';
import { readFileIfAny, writePrivateFile } from './private-file.ts';
import { serviceAccountKey } from './service-account-key.ts';

/** What makes several servers one: whoever trusts one of them, or is trusted by it, can use any other. */
interface Identity {
  /** PEM. */
  ca: { cert: string; key: string };
  /** PEM. */
  serviceAccountKey: string;
  adminTokens: AdminTokens;
}

export const identityKey = '/w/replicas/identity' as StorageKey;
export const externalUrlKey = '/w/replicas/external-url' as StorageKey;

/**
 * Takes over the identity that is in the store: its CA, service account key and admin tokens come into the root directory,
 * in place of others. The first replica puts its own there. Who can read the store can read these keys.
 */
export async function shareIdentity(storage: Storage, rootDirectory: string, now: number): Promise<AdminTokens> {
  const identity = JSON.parse(
    await agree(storage, identityKey, async () => JSON.stringify(await ownIdentity(rootDirectory, now))),
  ) as Identity;
  writeIdentityFiles(identity, rootDirectory);
  return identity.adminTokens;
}

function writeIdentityFiles(identity: Identity, rootDirectory: string): void {
  const files = { 'ca.key': identity.ca.key, 'ca.crt': identity.ca.cert, 'sa.key': identity.serviceAccountKey };
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(rootDirectory, name);
    if (readFileIfAny(file) !== content) writePrivateFile(file, content);
  }
}

/**
 * The identity of a server with a store of its own as a store for replicas has it, the same whenever it is asked for. Tokens
 * that `admin.kubeconfig` does not have are derived from the CA's key. Undefined when the directory has no CA.
 */
export async function identityForStore(rootDirectory: string, now: number): Promise<string | undefined> {
  if (readFileIfAny(path.join(rootDirectory, 'ca.key')) === undefined) return undefined;
  const own = await ownIdentity(rootDirectory, now);
  const derived = (user: string): string =>
    createHmac('sha256', own.ca.key).update(`${user} token`).digest('base64url');
  const tokens = { kcpAdmin: derived('kcp-admin'), shardAdmin: derived('shard-admin') };
  return JSON.stringify({ ...own, adminTokens: { ...tokens, ...(await writtenAdminTokens(rootDirectory)) } });
}

/** What a store for replicas has → the files of a server with a store of its own. `server`: the URL in its kubeconfig. */
export function writeIdentityFromStore(text: string, rootDirectory: string, server: string): void {
  const identity = JSON.parse(text) as Identity;
  writeIdentityFiles(identity, rootDirectory);
  writeAdminKubeconfig(rootDirectory, { server, ca: identity.ca.cert, tokens: identity.adminTokens });
}

async function ownIdentity(rootDirectory: string, now: number): Promise<Identity> {
  return {
    ca: await authority(rootDirectory, now),
    serviceAccountKey: serviceAccountKey(rootDirectory),
    adminTokens: await knownAdminTokens(rootDirectory),
  };
}

/** The URL that objects name, one for all replicas: what was asked for, else what is in the store, else this server's own. */
export async function shareExternalUrl(storage: Storage, asked: string | undefined, own: string): Promise<string> {
  const shared = await agree(storage, externalUrlKey, async () => asked ?? own);
  if (asked === undefined || asked === shared) return shared;
  const value = new TextEncoder().encode(asked);
  await storage.transact({ compares: [], operations: [{ type: 'put', key: externalUrlKey, value }] });
  return asked;
}

/** What stands at a key; `make` says what the first one puts there. */
async function agree(storage: Storage, key: StorageKey, make: () => Promise<string>): Promise<string> {
  const known = await storage.get(key);
  if (known !== undefined) return new TextDecoder().decode(known.value);
  const made = await make();
  const result = await storage.transact({
    compares: [{ key, modRevision: 0 }],
    operations: [{ type: 'put', key, value: new TextEncoder().encode(made) }],
  });
  if (result.succeeded) return made;
  return agree(storage, key, async () => made);
}
