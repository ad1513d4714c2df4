import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { requireNode, root } from '../../scripts/node-runtime.mjs';
import { buildIsCurrent } from '../../scripts/source-fingerprint.mjs';
import { within } from './poll.ts';
import { type ProgramResult, runProgram } from './run-program.ts';

/** The built program where `dist/` is of the current sources, the sources otherwise. */
function program(): { file: string; args: string[] } {
  if (buildIsCurrent()) return { file: path.join(root, 'bin', 'canopy'), args: [] };
  return { file: requireNode(), args: [path.join(root, 'packages', 'server', 'src', 'main.ts')] };
}

/** Environment without settings of the machine that runs the tests. */
function cleanEnvironment(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(CANOPY_|KUBECONFIG$|NODE_OPTIONS$|VITEST)/.test(name));
  return { ...Object.fromEntries(own), ...extra };
}

/** `canopy` with these arguments, to its end. */
export function canopy(
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; cwd?: string; timeout?: number } = {},
): Promise<ProgramResult> {
  const { file, args: first } = program();
  return runProgram(file, [...first, ...args], { timeout: 20_000, ...options, env: cleanEnvironment(options.env) });
}

/** An empty directory that lives until `remove`. */
export function temporaryDirectory(): { path: string; remove(): void } {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'canopy-e2e-'));
  return { path: directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

export interface StartOptions {
  /** Default: a new one that `dispose` removes. */
  rootDirectory?: string;
  port?: number;
  flags?: readonly string[];
  env?: NodeJS.ProcessEnv;
}

const readyLine = /^Canopy is ready at (https:\/\/\S+)$/m;
const startDeadlineMs = 60_000;
const stopDeadlineMs = 20_000;

/** One running server. */
export class CanopyProcess {
  readonly rootDirectory: string;
  private readonly options: StartOptions;
  private readonly removeDirectory: () => void;
  private child: ChildProcess | undefined;
  private out = '';
  private err = '';
  private address = '';

  private constructor(options: StartOptions) {
    this.options = options;
    const own = options.rootDirectory === undefined ? temporaryDirectory() : undefined;
    this.rootDirectory = options.rootDirectory ?? (own as { path: string }).path;
    this.removeDirectory = own?.remove ?? (() => undefined);
  }

  /** @throws Error with the program's output when it ends before it is ready */
  static async start(options: StartOptions = {}): Promise<CanopyProcess> {
    const server = new CanopyProcess(options);
    try {
      await server.launch(options.port ?? 0);
    } catch (error) {
      await server.dispose();
      throw error;
    }
    return server;
  }

  /** Scheme, host and port. */
  get url(): string {
    return this.address;
  }

  get port(): number {
    return Number(new URL(this.address).port);
  }

  get pid(): number {
    return this.running().pid as number;
  }

  get stdout(): string {
    return this.out;
  }

  get stderr(): string {
    return this.err;
  }

  get kubeconfig(): string {
    return path.join(this.rootDirectory, 'admin.kubeconfig');
  }

  /** PEM. */
  get ca(): string {
    return readFileSync(path.join(this.rootDirectory, 'ca.crt'), 'utf8');
  }

  /** Bearer token of `kcp-admin` or `shard-admin`. */
  adminToken(user: 'kcp-admin' | 'shard-admin' = 'kcp-admin'): string {
    const match = new RegExp(`name: ${user}\\n\\s+user:\\n\\s+token: (\\S+)`).exec(
      readFileSync(this.kubeconfig, 'utf8'),
    );
    if (match === null) throw new Error(`no token of ${user} in ${this.kubeconfig}`);
    return match[1] as string;
  }

  /** Ends it with a signal and returns how it ended. */
  async end(signal: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    const child = this.running();
    const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
    child.kill(signal);
    const [code, by] = await within(stopDeadlineMs, `the end of the server by ${signal}`, closed);
    this.child = undefined;
    return { code, signal: by };
  }

  /** How it ends by itself. */
  async ended(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    const [code, signal] = (await once(this.running(), 'close')) as [number | null, NodeJS.Signals | null];
    this.child = undefined;
    return { code, signal };
  }

  /** A first start that is killed after some milliseconds, ready or not; `startAgain` goes on from what it left. */
  static async killedWhileStarting(afterMs: number, options: StartOptions = {}): Promise<CanopyProcess> {
    const server = new CanopyProcess(options);
    await server.startAndKill(afterMs);
    return server;
  }

  /** The same state again, at the same port. */
  async startAgain(): Promise<void> {
    await this.launch(this.knownPort());
  }

  /** The same state again, but killed after some milliseconds, ready or not. */
  async startAndKill(afterMs: number): Promise<void> {
    const launched = this.launch(this.knownPort()).catch(() => undefined);
    await sleep(afterMs);
    await this.end('SIGKILL');
    await launched;
  }

  /** Stops it if it runs, and removes what it left. */
  async dispose(): Promise<void> {
    if (this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null)
      await this.end('SIGKILL');
    this.removeDirectory();
  }

  private knownPort(): number {
    return this.address === '' ? (this.options.port ?? 0) : this.port;
  }

  private running(): ChildProcess {
    if (this.child === undefined) throw new Error('the server does not run');
    return this.child;
  }

  private async launch(port: number): Promise<void> {
    const { file, args } = program();
    const flags = [
      'start',
      '--root-directory',
      this.rootDirectory,
      '--secure-port',
      String(port),
      ...(this.options.flags ?? []),
    ];
    const child = spawn(file, [...args, ...flags], {
      env: cleanEnvironment(this.options.env),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    this.out = '';
    this.err = '';
    child.stderr.on('data', (chunk: Buffer) => {
      this.err += chunk.toString('utf8');
    });
    const ready = new Promise<string>((resolve, reject) => {
      child.stdout.on('data', (chunk: Buffer) => {
        this.out += chunk.toString('utf8');
        const match = readyLine.exec(this.out);
        if (match !== null) resolve(match[1] as string);
      });
      child.once('error', reject);
      child.once('close', (code, signal) =>
        reject(new Error(`the server ended (${code ?? signal}) before it was ready:\n${this.out}${this.err}`)),
      );
    });
    this.address = await within(startDeadlineMs, 'the ready line', ready);
  }
}
