import { isIP } from 'node:net';
import path from 'node:path';
import { parseDuration } from '@canopy/apimachinery';
import type { OptionValues } from '../options/option-table.ts';
import { UsageError } from '../options/parse-options.ts';
import { type EtcdConfig, etcdConfig } from './etcd-config.ts';
import { readableFile } from './readable-file.ts';

/** Checked settings, with everything derived from them; another type than the options so that nothing unchecked gets further. */
export interface CompletedConfig {
  rootDirectory: string;
  databasePath: string;
  kubeconfigPath: string;
  bindAddress: string;
  port: number;
  /** Host part of URLs that clients get. */
  externalHost: string;
  tokenAuthFile: string | undefined;
  clientCaFile: string | undefined;
  auditLogPath: string | undefined;
  auditPolicyFile: string | undefined;
  shardName: string;
  /** `https://host:port`, undefined for this server's own. */
  shardExternalUrl: string | undefined;
  shardVirtualWorkspaceUrl: string | undefined;
  /** A change stays in the log while it is among the latest so many, or younger than so many milliseconds. */
  history: { keepChanges: number; keepMs: number };
  requestTimeoutMs: number;
  /** At least 1. */
  apiThreads: number;
  /** Undefined: the embedded database. */
  etcd: EtcdConfig | undefined;
  logLevel: LogLevel;
}

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export function completeConfig(options: OptionValues, cwd: string): CompletedConfig {
  const rootDirectory = path.resolve(cwd, options['root-directory'] || '.canopy');
  const bindAddress = options['bind-address'];
  if (isIP(bindAddress) === 0)
    throw new UsageError(`--bind-address must be an IP address, not ${JSON.stringify(bindAddress)}`);
  const shardName = options['shard-name'];
  if (!/^[a-z0-9]([a-z0-9-]{0,59}[a-z0-9])?$/.test(shardName))
    throw new UsageError(`--shard-name must be a DNS label, not ${JSON.stringify(shardName)}`);
  const logLevel = logLevels.find((level) => level === options['log-level']);
  if (logLevel === undefined) throw new UsageError(`--log-level must be one of ${logLevels.join(', ')}`);
  return {
    rootDirectory,
    databasePath: path.join(rootDirectory, 'canopy.db'),
    kubeconfigPath: path.join(rootDirectory, 'admin.kubeconfig'),
    bindAddress,
    port: portOf(options['secure-port']),
    externalHost: options['external-hostname'] || reachable(bindAddress),
    tokenAuthFile: readableFile('token-auth-file', options['token-auth-file'], cwd),
    clientCaFile: readableFile('client-ca-file', options['client-ca-file'], cwd),
    auditLogPath: options['audit-log-path'] === '' ? undefined : options['audit-log-path'],
    auditPolicyFile: readableFile('audit-policy-file', options['audit-policy-file'], cwd),
    shardName,
    shardExternalUrl: baseUrl('shard-external-url', options['shard-external-url']),
    shardVirtualWorkspaceUrl: baseUrl('shard-virtual-workspace-url', options['shard-virtual-workspace-url']),
    history: {
      keepChanges: countOf('history-changes', options['history-changes']),
      keepMs: countOf('history-seconds', options['history-seconds']) * 1000,
    },
    requestTimeoutMs: durationOf('request-timeout', options['request-timeout']),
    apiThreads: threadsOf(options['api-threads']),
    etcd: etcdConfig(options, cwd),
    logLevel,
  };
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port >= 0 && port <= 65535))
    throw new UsageError(`--secure-port must be a number from 0 to 65535, not ${JSON.stringify(text)}`);
  return port;
}

function countOf(flag: string, text: string): number {
  if (!/^\d{1,9}$/.test(text))
    throw new UsageError(`--${flag} must be a number from 0 to 999999999, not ${JSON.stringify(text)}`);
  return Number(text);
}

const mostApiThreads = 64;

function threadsOf(text: string): number {
  const count = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > mostApiThreads)
    throw new UsageError(`--api-threads must be a number from 1 to ${mostApiThreads}, not ${JSON.stringify(text)}`);
  return count;
}

/** A duration of some time, in milliseconds. */
function durationOf(flag: string, text: string): number {
  const nanoseconds = parseDuration(text) ?? 0n;
  if (nanoseconds <= 0n) throw new UsageError(`--${flag} must be like 1m0s, not ${JSON.stringify(text)}`);
  return Number(nanoseconds) / 1e6;
}

/** An address that clients on this machine can use. */
function reachable(bindAddress: string): string {
  if (bindAddress === '0.0.0.0') return '127.0.0.1';
  return bindAddress === '::' ? '::1' : bindAddress;
}

/** An https URL without a path. */
function baseUrl(flag: string, text: string): string | undefined {
  if (text === '') return undefined;
  const url = URL.parse(text);
  if (url?.protocol !== 'https:' || url.pathname !== '/' || url.search !== '' || url.hash !== '' || url.username !== '')
    throw new UsageError(`--${flag} must be like https://host:port, not ${JSON.stringify(text)}`);
  return url.origin;
}
