import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, statSync } from 'node:fs';
import { createServer, isIP } from 'node:net';
import { hostname } from 'node:os';
import { type Listener, listen } from '@canopy/apiserver';
import type { ShardSettings } from '@canopy/kcp';
import { Compactor, isStorageError, SqliteStorage, type Storage } from '@canopy/storage';
import type { CompletedConfig } from './config/complete-config.ts';
import { makeLogger } from './logger.ts';
import { UsageError } from './options/parse-options.ts';
import { knownAdminTokens, writeAdminKubeconfig } from './pki/admin-kubeconfig.ts';
import { servingCertificate } from './pki/certificates.ts';
import { serviceAccountKey } from './pki/service-account-key.ts';
import { shareExternalUrl, shareIdentity } from './pki/shared-identity.ts';
import { type Wired, wire } from './wire/wire.ts';

export interface RunningServer {
  url: string;
  port: number;
  wired: Wired;
  stop(): Promise<void>;
}

const maxBodyBytes = 3 * 1024 * 1024;
/** Over all peers together. */
const listenerMemory = {
  maxBodiesBytes: 64 * 1024 * 1024,
  maxUnreadBytes: 256 * 1024 * 1024,
  maxConnections: 20_000,
};
const shutdownGraceMs = 5000;
/** Small on purpose: the operating system caches the file, and memory is what workspaces are counted in. Bytes. */
const storeMemory = { cacheBytes: 4 * 1024 * 1024, valueCacheBytes: 4 * 1024 * 1024 };

export interface RunOptions {
  config: CompletedConfig;
  /** Module of the store's writer thread, where it does not stand beside its source. */
  workerUrl?: URL;
  /** The store failed for good: what is served from now on would be stale. */
  onStoreFailure?: (error: Error) => void;
  /** A store that other servers use at the same time: they are replicas of this one. It stays open when the server stops. */
  sharedStorage?: Storage;
}

/** Brings the server up, ready to serve when it resolves. What the user can mend is thrown as a UsageError. */
export async function run(given: RunOptions): Promise<RunningServer> {
  const failure = toldOnce(given.onStoreFailure);
  const options = { ...given, onStoreFailure: failure.tell };
  const { config } = options;
  await checkPort(config);
  makeRootDirectory(config.rootDirectory);
  const store = await openStore(options);
  let listener: Listener | undefined;
  try {
    const tokens = store.shared
      ? await shareIdentity(store.storage, config.rootDirectory, Date.now())
      : await knownAdminTokens(config.rootDirectory);
    const certificate = await servingCertificate(config.rootDirectory, certificateHosts(config), Date.now());
    let handler: Wired | undefined;
    listener = await openListener(config, certificate, () => handler);
    const url = `https://${isIP(config.externalHost) === 6 ? `[${config.externalHost}]` : config.externalHost}:${listener.port}`;
    const admin = writeAdminKubeconfig(config.rootDirectory, { server: url, ca: certificate.ca, tokens });
    const wired = await wire({
      config,
      storage: store.storage,
      shard: await shardSettings(config, store, { url, ca: certificate.ca }),
      admin,
      serviceAccountKey: serviceAccountKey(config.rootDirectory),
      logger: makeLogger(config.logLevel),
      compactor: () =>
        new Compactor(store.storage, { ...config.history, intervalMs: compactionPause(config.history.keepMs) }),
      onStoreFailure: options.onStoreFailure,
      replica: store.shared ? `${hostname()}-${randomUUID()}` : undefined,
    });
    handler = wired;
    const open = listener;
    return {
      url,
      port: listener.port,
      wired,
      async stop() {
        await open.close(shutdownGraceMs);
        await wired.stop();
        await store.close();
      },
    };
  } catch (error) {
    failure.expect();
    await listener?.close(0);
    await store.close();
    throw error;
  }
}

/** Both the writing and the following of a store may tell of its end; it is no failure once it is expected. */
function toldOnce(tell: RunOptions['onStoreFailure']): { tell(error: Error): void; expect(): void } {
  let told = false;
  return {
    tell(error) {
      if (!told) tell?.(error);
      told = true;
    },
    expect() {
      told = true;
    },
  };
}

interface OpenStore {
  storage: Storage;
  /** Whether other servers may be using it. */
  shared: boolean;
  close(): Promise<void>;
}

async function openStore(options: RunOptions): Promise<OpenStore> {
  const { sharedStorage } = options;
  if (sharedStorage !== undefined) return { storage: sharedStorage, shared: true, close: async () => undefined };
  const { etcd } = options.config;
  if (etcd !== undefined) {
    const storage = await openEtcd(etcd);
    return { storage, shared: true, close: () => storage.close() };
  }
  const storage = await openDatabase(options);
  return { storage, shared: false, close: () => storage.close() };
}

function certificateHosts(config: CompletedConfig): string[] {
  const urls = [config.shardExternalUrl, config.shardVirtualWorkspaceUrl].filter((url) => url !== undefined);
  const hosts = urls.map((url) => new URL(url).hostname.replace(/^\[(.*)\]$/, '$1'));
  const { externalHost, bindAddress } = config;
  const own = [externalHost, bindAddress, 'localhost', '127.0.0.1', '::1', 'kubernetes.default.svc'];
  return [...new Set([...own, ...hosts])].filter(isNameable);
}

async function shardSettings(
  config: CompletedConfig,
  { storage, shared }: OpenStore,
  own: { url: string; ca: string },
): Promise<ShardSettings> {
  const asked = config.shardExternalUrl;
  const externalUrl = shared ? await shareExternalUrl(storage, asked, own.url) : (asked ?? own.url);
  return {
    name: config.shardName,
    externalUrl,
    virtualWorkspaceUrl: config.shardVirtualWorkspaceUrl ?? externalUrl,
    rootCa: own.ca,
    matches: (selector) => matchesShard(selector, { name: config.shardName }),
  };
}

function isNameable(host: string): boolean {
  return host !== '0.0.0.0' && host !== '::';
}

/** A port that is taken is found before any file is touched. */
async function checkPort({ bindAddress, port }: CompletedConfig): Promise<void> {
  if (port === 0) return;
  const probe = createServer();
  try {
    probe.listen({ host: bindAddress, port });
    await once(probe, 'listening');
  } catch (error) {
    throw cannotListen({ bindAddress, port }, error as NodeJS.ErrnoException);
  }
  probe.close();
  await once(probe, 'close');
}

function cannotListen(
  { bindAddress, port }: Pick<CompletedConfig, 'bindAddress' | 'port'>,
  { code, message }: NodeJS.ErrnoException,
): UsageError {
  return code === 'EADDRINUSE'
    ? new UsageError(`port ${port} on ${bindAddress} is taken; choose another with --secure-port`)
    : new UsageError(`cannot listen on ${bindAddress}:${port}: ${message}`);
}

function makeRootDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (!statSync(directory).isDirectory()) throw new Error('it is not a directory');
  } catch (error) {
    throw new UsageError(`cannot use the root directory ${directory}: ${(error as Error).message}`);
  }
}

async function openEtcd({ tls, ...rest }: NonNullable<CompletedConfig['etcd']>): Promise<Storage> {
  const { openEtcdStorage } = await import('@canopy/storage/etcd');
  try {
    return await openEtcdStorage({ ...rest, ...(tls === undefined ? {} : { tls }) });
  } catch (error) {
    if (isStorageError(error)) throw new UsageError(`--etcd-servers ${rest.endpoints.join(',')}: ${error.message}`);
    throw error;
  }
}

async function openDatabase({ config, workerUrl, onStoreFailure }: RunOptions): Promise<SqliteStorage> {
  try {
    return await SqliteStorage.open({
      path: config.databasePath,
      ...storeMemory,
      ...(workerUrl === undefined ? {} : { workerUrl }),
      ...(onStoreFailure === undefined ? {} : { onFailure: onStoreFailure }),
    });
  } catch (error) {
    if (isStorageError(error)) throw new UsageError(error.message);
    throw error;
  }
}

/** Until everything is wired, requests are told to come back. */
async function openListener(
  config: CompletedConfig,
  certificate: { cert: string; key: string },
  wired: () => Wired | undefined,
): Promise<Listener> {
  try {
    return await listen({
      host: config.bindAddress,
      port: config.port,
      cert: certificate.cert,
      key: certificate.key,
      maxBodyBytes,
      ...listenerMemory,
      bodyTimeoutMs: 60_000,
      handshakeTimeoutMs: 10_000,
      stallTimeoutMs: 60_000,
      idleTimeoutMs: 10 * 60_000,
      async handle(request) {
        const ready = wired();
        if (ready !== undefined) return ready.handle(request);
        return {
          kind: 'complete',
          status: 503,
          headers: { 'content-type': 'text/plain', 'retry-after': '1' },
          body: 'starting',
        };
      },
    });
  } catch (error) {
    throw cannotListen(config, error as NodeJS.ErrnoException);
  }
}

function matchesShard(selector: Parameters<ShardSettings['matches']>[0], labels: Record<string, string>): boolean {
  if (selector === undefined) return true;
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) if (labels[key] !== value) return false;
  return (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    const value = labels[key];
    if (operator === 'Exists') return value !== undefined;
    if (operator === 'DoesNotExist') return value === undefined;
    const inside = value !== undefined && values.includes(value);
    return operator === 'In' ? inside : !inside;
  });
}

/** Milliseconds between compactions: a tenth of the time to keep, within reason. */
function compactionPause(keepMs: number): number {
  return Math.min(30_000, Math.max(250, keepMs / 10));
}
