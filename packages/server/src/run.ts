import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { createServer, isIP } from 'node:net';
import { hostname } from 'node:os';
import type { Listener } from '@canopy/apiserver';
import { Compactor, type Storage } from '@canopy/storage';
import type { CompletedConfig } from './config/complete-config.ts';
import { cannotListen, openListener, shutdownGraceMs } from './listening.ts';
import { makeLogger } from './logger.ts';
import { type OpenStore, openStore } from './open-store.ts';
import { UsageError } from './options/parse-options.ts';
import { knownAdminTokens, writeAdminKubeconfig } from './pki/admin-kubeconfig.ts';
import { servingCertificate } from './pki/certificates.ts';
import { serviceAccountKey } from './pki/service-account-key.ts';
import { shareExternalUrl, shareIdentity } from './pki/shared-identity.ts';
import { type ShardData, shardSettings } from './shard.ts';
import { ApiThreads } from './threads/api-threads.ts';
import type { Metrics } from './wire/metrics.ts';
import { type Company, type Wired, wire } from './wire/wire.ts';

export interface RunningServer {
  url: string;
  port: number;
  wired: Wired;
  stop(): Promise<void>;
}

export interface RunOptions {
  config: CompletedConfig;
  /** Modules of the store's writer thread and of API threads, where they do not stand beside their sources. */
  modules?: { writer: URL; apiThread: URL };
  /** The store failed for good: what is served from now on would be stale. */
  onStoreFailure?: (error: Error) => void;
  /** An API thread ended by itself: its part of the connections is lost. */
  onThreadFailure?: (error: Error) => void;
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
  const logger = makeLogger(config.logLevel);
  const lost = isStoreGone(options);
  const threads = new ApiThreads(config.apiThreads - 1, options.modules?.apiThread);
  const store = await openStore(options).catch(async (error: unknown) => {
    await threads.stop();
    throw error;
  });
  if (lost) logger.warn({ path: config.databasePath }, 'the database is gone: a new, empty one was made');
  let listener: Listener | undefined;
  try {
    const tokens = store.shared
      ? await shareIdentity(store.storage, config.rootDirectory, Date.now())
      : await knownAdminTokens(config.rootDirectory);
    const certificate = await servingCertificate(config.rootDirectory, certificateHosts(config), Date.now());
    const ticketKeys = new Uint8Array(randomBytes(48));
    let handler: Wired | undefined;
    const { port } = config;
    listener = await openListener({ config, port, certificate, ticketKeys, wired: () => handler });
    const url = `https://${isIP(config.externalHost) === 6 ? `[${config.externalHost}]` : config.externalHost}:${listener.port}`;
    const identity = {
      admin: writeAdminKubeconfig(config.rootDirectory, { server: url, ca: certificate.ca, tokens }),
      serviceAccountKey: serviceAccountKey(config.rootDirectory),
    };
    const renderMetrics = async (own: Metrics) => own.render(await threads.metrics());
    const shard = await shardData(config, store, { url, ca: certificate.ca });
    handler = await wire({
      ...identity,
      config,
      storage: store.storage,
      shard: shardSettings(shard),
      logger,
      compactor: () =>
        new Compactor(store.storage, { ...config.history, intervalMs: compactionPause(config.history.keepMs) }),
      onStoreFailure: options.onStoreFailure,
      company: companyOf(store.shared, config.apiThreads),
      renderMetrics,
    });
    const wired = handler;
    await threads.start({
      data: { ...identity, config, shard, port: listener.port, certificate, ticketKeys },
      share: () => store.share(),
      renderMetrics: () => renderMetrics(wired.metrics),
      onStoreFailure: options.onStoreFailure,
      onThreadFailure: (error) => options.onThreadFailure?.(error),
    });
    const open = listener;
    return {
      url,
      port: listener.port,
      wired,
      async stop() {
        await Promise.all([open.close(shutdownGraceMs), threads.stop()]);
        await wired.stop();
        await store.close();
      },
    };
  } catch (error) {
    failure.expect();
    await Promise.all([listener?.close(0), threads.stop()]);
    await store.close();
    throw error;
  }
}

/** Whether the server has run here before, but on a database that is there no more. */
function isStoreGone({ config, sharedStorage }: RunOptions): boolean {
  const own = config.etcd === undefined && sharedStorage === undefined;
  return own && existsSync(config.kubeconfigPath) && !existsSync(config.databasePath);
}

function companyOf(shared: boolean, apiThreads: number): Company {
  if (shared) return { kind: 'replica', name: `${hostname()}-${randomUUID()}` };
  return { kind: apiThreads > 1 ? 'first thread' : 'alone' };
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

function certificateHosts(config: CompletedConfig): string[] {
  const urls = [config.shardExternalUrl, config.shardVirtualWorkspaceUrl].filter((url) => url !== undefined);
  const hosts = urls.map((url) => new URL(url).hostname.replace(/^\[(.*)\]$/, '$1'));
  const { externalHost, bindAddress } = config;
  const own = [externalHost, bindAddress, 'localhost', '127.0.0.1', '::1', 'kubernetes.default.svc'];
  return [...new Set([...own, ...hosts])].filter(isNameable);
}

async function shardData(
  config: CompletedConfig,
  { storage, shared }: OpenStore,
  own: { url: string; ca: string },
): Promise<ShardData> {
  const asked = config.shardExternalUrl;
  const externalUrl = shared ? await shareExternalUrl(storage, asked, own.url) : (asked ?? own.url);
  return {
    name: config.shardName,
    externalUrl,
    virtualWorkspaceUrl: config.shardVirtualWorkspaceUrl ?? externalUrl,
    rootCa: own.ca,
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

function makeRootDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (!statSync(directory).isDirectory()) throw new Error('it is not a directory');
  } catch (error) {
    throw new UsageError(`cannot use the root directory ${directory}: ${(error as Error).message}`);
  }
}

/** Milliseconds between compactions: a tenth of the time to keep, within reason. */
function compactionPause(keepMs: number): number {
  return Math.min(30_000, Math.max(250, keepMs / 10));
}
