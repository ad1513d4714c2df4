import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Transport } from '@canopy/client';
import { bearerToken, createHttpTransport } from '@canopy/client/node';
import { completeConfig, parseOptions, run, type RunningServer as Serving } from '@canopy/server';
import type { Storage } from '@canopy/storage';
import { ApiCaller } from './api-caller.ts';

/** Somebody of the token file; the token is `token-of-<name>`. */
export interface TestUser {
  name: string;
  groups?: readonly string[];
}

export interface RunningServerOptions {
  /** Default: a new directory that {@link RunningServer.stop} removes. */
  rootDirectory?: string;
  /** More flags of `canopy start`. */
  flags?: readonly string[];
  users?: readonly TestUser[];
  /** A store that several servers use: they are replicas. Whoever made it closes it. */
  sharedStorage?: Storage;
  /** The store failed for good, where `canopy start` would end. */
  onStoreFailure?(error: Error): void;
}

/** A whole server in this process, over HTTPS on a port of its own. */
export interface RunningServer {
  url: string;
  rootDirectory: string;
  serving: Serving;
  /** PEM. */
  ca: string;
  /** `kcp-admin` of admin.kubeconfig (group `system:kcp:admin`), below `/clusters/root`. */
  admin: ApiCaller;
  /** `shard-admin` of admin.kubeconfig (group `system:masters`), below `/clusters/root`. */
  master: ApiCaller;
  /** Somebody of `users`, below `/clusters/root`. */
  user(name: string): ApiCaller;
  /** Nobody: no credentials at all. */
  anonymous: ApiCaller;
  /** Whoever has a bearer token. */
  bearer(token: string): ApiCaller;
  stop(options?: { keepDirectory?: boolean }): Promise<void>;
}

/** Starts a server; ready to answer when it resolves. @throws UsageError as `canopy start` does */
export async function startServer(options: RunningServerOptions = {}): Promise<RunningServer> {
  const rootDirectory = options.rootDirectory ?? mkdtempSync(path.join(tmpdir(), 'canopy-'));
  const tokenFile = path.join(rootDirectory, 'tokens.csv');
  writeFileSync(tokenFile, (options.users ?? []).map(tokenLine).join(''));
  const flags = [
    '--root-directory',
    rootDirectory,
    '--secure-port',
    '0',
    '--token-auth-file',
    tokenFile,
    '--log-level',
    'error',
  ];
  const serving = await run({
    config: completeConfig(parseOptions([...flags, ...(options.flags ?? [])], {}), rootDirectory),
    ...(options.sharedStorage === undefined ? {} : { sharedStorage: options.sharedStorage }),
    onStoreFailure: (error) => options.onStoreFailure?.(error),
  });
  const kubeconfig = readFileSync(path.join(rootDirectory, 'admin.kubeconfig'), 'utf8');
  const ca = Buffer.from(/certificate-authority-data: (\S+)/.exec(kubeconfig)?.[1] ?? '', 'base64').toString('utf8');
  const transports = new Map<string, Transport>();
  const bearer = (token: string): ApiCaller => {
    let transport = transports.get(token);
    if (transport === undefined) {
      const auth = token === '' ? {} : { auth: bearerToken(token) };
      transport = createHttpTransport({ server: serving.url, tls: { ca }, ...auth });
      transports.set(token, transport);
    }
    return new ApiCaller(transport, '/clusters/root');
  };
  return {
    url: serving.url,
    rootDirectory,
    serving,
    ca,
    admin: bearer(adminToken(kubeconfig, 'kcp-admin')),
    master: bearer(adminToken(kubeconfig, 'shard-admin')),
    user: (name) => bearer(tokenOf(name)),
    anonymous: bearer(''),
    bearer,
    async stop({ keepDirectory = false } = {}) {
      await Promise.all([...transports.values()].map((transport) => transport.close()));
      await serving.stop();
      if (!keepDirectory) rmSync(rootDirectory, { recursive: true, force: true });
    },
  };
}

function tokenOf(name: string): string {
  return `token-of-${name}`;
}

function tokenLine({ name, groups = [] }: TestUser): string {
  return `${tokenOf(name)},${name},uid-${name},"${groups.join(',')}"\n`;
}

function adminToken(kubeconfig: string, user: string): string {
  const token = new RegExp(`- name: ${user}\\n\\s+user:\\n\\s+token: (\\S+)`).exec(kubeconfig)?.[1];
  if (token === undefined) throw new Error(`admin.kubeconfig has no token of ${user}`);
  return token;
}
