import path from 'node:path';
import { findKubectl, type Tool } from '../tools/tools.ts';
import { type CanopyProcess, temporaryDirectory } from './canopy-process.ts';
import { type ProgramResult, runProgram } from './run-program.ts';

export interface KubectlOptions {
  stdin?: string;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  timeout?: number;
}

export interface KubectlTarget {
  server: CanopyProcess;
  /** Path or name of a logical cluster, or a whole URL. */
  cluster: string;
  /** Bearer token instead of the admin's. */
  token?: string;
}

/** One kubectl binary, aimed at one logical cluster. */
export class Kubectl {
  private readonly program: string;
  private readonly target: KubectlTarget;
  private readonly home: string;

  constructor(program: string, target: KubectlTarget, home: string) {
    this.program = program;
    this.target = target;
    this.home = home;
  }

  /** The same binary in another logical cluster, or with another token. */
  at(cluster: string, token?: string): Kubectl {
    return new Kubectl(this.program, { ...this.target, cluster, ...(token === undefined ? {} : { token }) }, this.home);
  }

  /** What to start for a command that a test talks with while it runs. */
  command(
    args: readonly string[],
    extra: NodeJS.ProcessEnv = {},
  ): { program: string; args: string[]; env: NodeJS.ProcessEnv } {
    const { cluster, server, token } = this.target;
    const url = cluster.startsWith('https:') ? cluster : `${server.url}/clusters/${cluster}`;
    const access =
      token === undefined
        ? [`--kubeconfig=${server.kubeconfig}`]
        : [
            '--kubeconfig=/dev/null',
            `--token=${token}`,
            `--certificate-authority=${path.join(server.rootDirectory, 'ca.crt')}`,
          ];
    const general = [`--server=${url}`, ...access, `--cache-dir=${path.join(this.home, 'cache')}`];
    return {
      program: this.program,
      args: [...general, ...args],
      env: { ...process.env, HOME: this.home, KUBECONFIG: '', ...extra },
    };
  }

  /** Runs to the end, whatever comes of it. */
  try(args: readonly string[], options: KubectlOptions = {}): Promise<ProgramResult> {
    const command = this.command(args, options.env);
    return runProgram(command.program, command.args, { ...options, env: command.env });
  }

  /** Standard output of a command that must succeed. */
  async run(args: readonly string[], options: KubectlOptions = {}): Promise<string> {
    const result = await this.try(args, options);
    if (result.code !== 0)
      throw new Error(`kubectl ${args.join(' ')}: exit code ${result.code}\n${result.stderr}${result.stdout}`);
    return result.stdout;
  }

  /** Standard error of a command that must fail. */
  async fail(args: readonly string[], options: KubectlOptions = {}): Promise<string> {
    const result = await this.try(args, options);
    if (result.code === 0) throw new Error(`kubectl ${args.join(' ')} succeeded:\n${result.stdout}`);
    return result.stderr;
  }

  async json<T = Record<string, unknown>>(args: readonly string[], options: KubectlOptions = {}): Promise<T> {
    return JSON.parse(await this.run([...args, '-o', 'json'], options)) as T;
  }

  /** Creates objects from manifests: JSON values or YAML text. */
  async create(manifest: object | string, args: readonly string[] = []): Promise<string> {
    return this.run(['create', ...args, '-f', '-'], { stdin: manifestText(manifest) });
  }

  async apply(manifest: object | string, args: readonly string[] = []): Promise<string> {
    return this.run(['apply', ...args, '-f', '-'], { stdin: manifestText(manifest) });
  }
}

export function manifestText(manifest: object | string): string {
  if (typeof manifest === 'string') return manifest;
  if (Array.isArray(manifest)) return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifest });
  return JSON.stringify(manifest);
}

export interface KubectlVersion {
  name: string;
  minor: number;
  tool: Tool;
}

/** The kubectl binaries that Canopy has to serve; a table for `describe.each`. */
export function kubectlVersions(): KubectlVersion[] {
  const { current, old } = findKubectl();
  return [
    { name: 'current kubectl', minor: 37, tool: current },
    { name: 'kubectl 1.20', minor: 20, tool: old },
  ];
}

/** The current kubectl at `target`, with a HOME of its own. */
export function currentKubectl(target: KubectlTarget): Kubectl {
  return openKubectl(findKubectl().current, target);
}

export function openKubectl(tool: Tool, target: KubectlTarget): Kubectl {
  if (!tool.found) throw new Error(tool.reason);
  const home = temporaryDirectory();
  process.once('exit', home.remove);
  return new Kubectl(tool.path, target, home.path);
}

/** Whether tests that need kubectl have to be skipped. */
export const kubectlMissing = !findKubectl().current.found;
