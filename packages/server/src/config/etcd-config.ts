import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { OptionValues } from '../options/option-table.ts';
import { UsageError } from '../options/parse-options.ts';
import { readableFile } from './readable-file.ts';

export interface EtcdConfig {
  /** `http(s)://host:port`, at least one, all of one scheme. */
  endpoints: string[];
  /** PEM; given for https. */
  tls: { ca: string; cert?: string; key?: string } | undefined;
  /** Starts with `/`, does not end with one. */
  prefix: string;
}

export const tlsFlags = ['etcd-cafile', 'etcd-certfile', 'etcd-keyfile'] as const;

/** Undefined when no etcd is asked for. @throws UsageError for what does not fit together */
export function etcdConfig(options: OptionValues, cwd: string): EtcdConfig | undefined {
  const servers = options['etcd-servers'];
  if (servers === '') {
    const alone = tlsFlags.find((flag) => options[flag] !== '');
    if (alone !== undefined) throw new UsageError(`--${alone} needs --etcd-servers`);
    return undefined;
  }
  const rootDirectory = path.resolve(cwd, options['root-directory'] || '.canopy');
  if (existsSync(path.join(rootDirectory, 'canopy.db')))
    throw new UsageError(
      `the root directory ${rootDirectory} holds an embedded database, which --etcd-servers would leave unused; choose another --root-directory`,
    );
  const endpoints = etcdEndpoints(servers, '--etcd-servers');
  const tls = etcdTls((flag) => options[flag], isSecure(endpoints), cwd);
  return { endpoints, tls, prefix: etcdPrefix(options['etcd-prefix'], '--etcd-prefix') };
}

export function isSecure(endpoints: readonly string[]): boolean {
  return endpoints.some((endpoint) => endpoint.startsWith('https:'));
}

/** `what`: the flag, or the part of it, as messages name it. */
export function etcdEndpoints(text: string, what: string): string[] {
  const endpoints = text.split(',').map((endpoint) => endpointOf(endpoint, what));
  if (isSecure(endpoints) && endpoints.some((endpoint) => endpoint.startsWith('http:')))
    throw new UsageError(`${what} must be all http or all https`);
  return endpoints;
}

function endpointOf(text: string, what: string): string {
  const url = URL.parse(text.trim());
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.pathname !== '/' || url.search !== '')
    throw new UsageError(`${what} must be URLs like http://127.0.0.1:2379, not ${JSON.stringify(text)}`);
  return url.origin;
}

export function etcdTls(
  flagValue: (flag: (typeof tlsFlags)[number]) => string,
  secure: boolean,
  cwd: string,
): EtcdConfig['tls'] {
  const [ca, cert, key] = tlsFlags.map((flag) => readableFile(flag, flagValue(flag), cwd));
  if (!secure) {
    if (ca !== undefined || cert !== undefined || key !== undefined)
      throw new UsageError('--etcd-cafile, --etcd-certfile and --etcd-keyfile are for https endpoints');
    return undefined;
  }
  if (ca === undefined) throw new UsageError('https etcd endpoints need --etcd-cafile');
  if ((cert === undefined) !== (key === undefined))
    throw new UsageError('--etcd-certfile and --etcd-keyfile go together');
  const read = (file: string): string => readFileSync(file, 'utf8');
  return {
    ca: read(ca),
    ...(cert === undefined || key === undefined ? {} : { cert: read(cert), key: read(key) }),
  };
}

export function etcdPrefix(text: string, what: string): string {
  const prefix = text.replace(/\/+$/, '');
  if (!/^\/[\x21-\x7e]+$/.test(prefix))
    throw new UsageError(`${what} must start with / and be more than that, not ${JSON.stringify(text)}`);
  return prefix;
}
