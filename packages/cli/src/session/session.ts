import path from 'node:path';
import type { DynamicClient } from '@canopy/client';
import {
  type ClusterEntry,
  type ContextEntry,
  connectContext,
  editKubeconfig,
  type Kubeconfig,
  type KubeconfigClient,
  type KubeconfigFiles,
  kubeconfigFiles,
  loadKubeconfig,
  type ResolvedContext,
  resolveContext,
} from '@canopy/client/node';
import { CliError, type CliIo } from './cli-io.ts';
import { parseWorkspaceUrl, resolvePath, type WorkspaceUrl, workspaceUrl } from './workspace-path.ts';

/** Flags that every command shares. */
export interface CommonFlags {
  kubeconfig?: string;
  context?: string;
  user?: string;
  token?: string;
  server?: string;
  namespace?: string;
  insecureSkipTlsVerify?: boolean;
  certificateAuthority?: string;
  tlsServerName?: string;
  /** Another workspace than the current one. */
  workspace?: string;
}

/** A context together with the cluster it names. */
export interface ContextTarget {
  context: ContextEntry;
  cluster: ClusterEntry;
}

/** The kubeconfig at hand with what it points to. */
export class Session {
  readonly io: CliIo;
  readonly files: KubeconfigFiles;
  readonly config: Kubeconfig;
  readonly resolved: ResolvedContext;
  #connection: Promise<KubeconfigClient> | undefined;
  readonly #flags: CommonFlags;

  private constructor(io: CliIo, files: KubeconfigFiles, config: Kubeconfig, flags: CommonFlags) {
    this.io = io;
    this.files = files;
    this.config = config;
    this.#flags = flags;
    const { context, user, server, namespace } = flags;
    this.resolved = resolveContext(config, { context, user, server, namespace });
    if (flags.token !== undefined) this.resolved.user = { token: flags.token };
    this.resolved.cluster = withTlsFlags(this.resolved.cluster, flags, io.cwd);
  }

  /** @throws KubeconfigError when there is no kubeconfig to work with */
  static async open(io: CliIo, flags: CommonFlags): Promise<Session> {
    const files = kubeconfigFiles({
      flag: flags.kubeconfig,
      variable: io.env.KUBECONFIG,
      homeFolder: io.homeFolder,
      workingFolder: io.cwd,
    });
    return new Session(io, files, await loadKubeconfig(files), flags);
  }

  get serverUrl(): string {
    return this.resolved.cluster.server ?? '';
  }

  /** The workspace of the current context; an error when its URL is none of a workspace. */
  current(what = 'a workspace'): WorkspaceUrl {
    const url = parseWorkspaceUrl(this.serverUrl);
    if (url === undefined) throw new CliError(`current URL "${this.serverUrl}" does not point to ${what}`);
    return url;
  }

  /** The workspace that a command works in: the current one, or that of `--workspace`. */
  target(what?: string): WorkspaceUrl {
    const current = this.current(what);
    const { workspace } = this.#flags;
    return workspace === undefined ? current : { ...current, path: resolvePath(workspace, current.path) };
  }

  async client(workspace: string): Promise<DynamicClient> {
    this.#connection ??= connectContext(this.resolved, {
      environment: { env: this.io.env, interactive: this.io.terminal !== undefined },
      rest: { userAgent: 'canopy-cli' },
    });
    return (await this.#connection).connector.connect(workspaceUrl(this.current().base, workspace));
  }

  /** What the kubeconfig says of the context in use, without TLS flags, but with the server and user of flags. */
  contextInUse(): ContextTarget {
    const context = this.config.contexts.get(this.resolved.context) ?? {};
    const { user, server } = this.#flags;
    const cluster = this.config.clusters.get(this.resolved.clusterName) ?? {};
    return {
      context: user === undefined ? context : { ...context, user },
      cluster: server === undefined ? cluster : { ...cluster, server },
    };
  }

  /** A context of the kubeconfig with its cluster; undefined unless both exist. */
  contextNamed(name: string): ContextTarget | undefined {
    const context = this.config.contexts.get(name);
    const cluster = this.config.clusters.get(context?.cluster ?? '');
    return context === undefined || cluster === undefined ? undefined : { context, cluster };
  }

  /** The same kubeconfig, seen from another context of it; to be closed by the caller. */
  inContext(name: string, { context, cluster }: ContextTarget): Session {
    const { clusters, contexts, ...rest } = this.config;
    const config = {
      ...rest,
      clusters: new Map(clusters).set(name, cluster),
      contexts: new Map(contexts).set(name, { ...context, cluster: name }),
    };
    const { context: _, server: _server, user: _user, ...flags } = this.#flags;
    return new Session(this.io, this.files, config, { ...flags, context: name });
  }

  /** Replaces contexts, each with a cluster entry of the same name, and optionally switches to one. */
  async writeContexts(targets: Readonly<Record<string, ContextTarget>>, switchTo?: string): Promise<void> {
    const clusters: Record<string, ClusterEntry> = {};
    const contexts: Record<string, ContextEntry> = {};
    for (const [name, { context, cluster }] of Object.entries(targets)) {
      clusters[name] = replacing(this.config.clusters.get(name), cluster);
      contexts[name] = replacing(this.config.contexts.get(name), { ...context, cluster: name });
    }
    await editKubeconfig(this.files, { clusters, contexts, currentContext: switchTo });
  }

  async close(): Promise<void> {
    const connection = await this.#connection?.catch(() => undefined);
    await connection?.close();
  }
}

/** `after` with the fields that only `before` has set to undefined: a change that removes them. */
function replacing<T extends object>(before: T | undefined, after: T): T {
  const removed = Object.fromEntries(Object.keys(before ?? {}).map((field) => [field, undefined]));
  return { ...removed, ...after };
}

function withTlsFlags(cluster: ClusterEntry, flags: CommonFlags, cwd: string): ClusterEntry {
  const changed = { ...cluster };
  if (flags.tlsServerName !== undefined) changed['tls-server-name'] = flags.tlsServerName;
  if (flags.insecureSkipTlsVerify !== true && flags.certificateAuthority === undefined) return changed;
  delete changed['certificate-authority'];
  delete changed['certificate-authority-data'];
  delete changed['insecure-skip-tls-verify'];
  if (flags.insecureSkipTlsVerify === true) changed['insecure-skip-tls-verify'] = true;
  if (flags.certificateAuthority !== undefined) {
    changed['certificate-authority'] = path.resolve(cwd, flags.certificateAuthority);
  }
  return changed;
}
