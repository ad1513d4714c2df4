import type { DynamicClient } from '@canopy/client';
import {
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
  /** Another workspace than the current one. */
  workspace?: string;
}

/** The kubeconfig at hand with what it points to. */
export class Session {
  readonly io: CliIo;
  readonly files: KubeconfigFiles;
  readonly config: Kubeconfig;
  readonly resolved: ResolvedContext;
  private connection: KubeconfigClient | undefined;
  private readonly flags: CommonFlags;

  private constructor(io: CliIo, files: KubeconfigFiles, config: Kubeconfig, flags: CommonFlags) {
    this.io = io;
    this.files = files;
    this.config = config;
    this.flags = flags;
    const { context, user, server, namespace } = flags;
    this.resolved = resolveContext(config, {
      ...(context === undefined ? {} : { context }),
      ...(user === undefined ? {} : { user }),
      ...(server === undefined ? {} : { server }),
      ...(namespace === undefined ? {} : { namespace }),
    });
    if (flags.token !== undefined) this.resolved.user = { token: flags.token };
    if (flags.insecureSkipTlsVerify === true) {
      const { 'certificate-authority': _a, 'certificate-authority-data': _d, ...cluster } = this.resolved.cluster;
      this.resolved.cluster = { ...cluster, 'insecure-skip-tls-verify': true };
    }
  }

  static async open(io: CliIo, flags: CommonFlags): Promise<Session> {
    const files = kubeconfigFiles({
      ...(flags.kubeconfig === undefined ? {} : { flag: flags.kubeconfig }),
      ...(io.env.KUBECONFIG === undefined ? {} : { variable: io.env.KUBECONFIG }),
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
    const { workspace } = this.flags;
    return workspace === undefined ? current : { ...current, path: resolvePath(workspace, current.path) };
  }

  async client(path: string): Promise<DynamicClient> {
    this.connection ??= await connectContext(this.resolved, {
      environment: { env: { ...this.io.env } as Record<string, string>, interactive: true },
      rest: { userAgent: 'canopy-cli/0.1.0' },
    });
    return this.connection.connector.connect(workspaceUrl(this.current().base, path));
  }

  /** Adds or replaces a context whose cluster entry of the same name points to a URL, and optionally switches to it. */
  async writeContext(name: string, url: string, options: { switchTo: boolean; keepPrevious?: string }): Promise<void> {
    const context: ContextEntry = { ...this.config.contexts.get(this.resolved.context), cluster: name };
    const cluster = { ...this.resolved.cluster, server: url };
    const previous = options.keepPrevious;
    const old = this.config.contexts.get(this.resolved.context);
    await editKubeconfig(this.files, {
      clusters: {
        [name]: cluster,
        ...(previous === undefined ? {} : { [previous]: { ...this.resolved.cluster } }),
      },
      contexts: {
        [name]: context,
        ...(previous === undefined ? {} : { [previous]: { ...old, cluster: previous } }),
      },
      ...(options.switchTo ? { currentContext: name } : {}),
    });
  }

  async close(): Promise<void> {
    await this.connection?.close();
  }
}
