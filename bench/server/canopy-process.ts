import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { connectSession, requestOnce } from '../load/session.ts';
import { figureFlags } from './process-figures.ts';

/** Where and as whom to reach a server. Plain data: it is sent to the load generator. */
export interface Target {
  /** `https://host:port` */
  url: string;
  /** PEM. */
  ca: string;
  token: string;
}

export interface CanopyProcess {
  child: ChildProcess;
  target: Target;
  /** The server's root directory. */
  directory: string;
  /** From the start of the process until a GET of one workspace, `/clusters/root/apis/tenancy.kcp.io/v1alpha1/workspaces?limit=1`, answered 200. */
  readyMs: number;
  stop(): Promise<void>;
}

/** What `bin/canopy` starts the server with. */
export const launcherEnvironment = { MALLOC_ARENA_MAX: '2' } as const;

const readyLine = /Canopy is ready at (\S+)/;
export const workspacesPath = '/apis/tenancy.kcp.io/v1alpha1/workspaces';

/** Starts `dist/canopy.js` of a source tree on a free port. Rejects with what it printed when it ends before it is ready. */
export async function startCanopy(
  root: string,
  directory: string,
  nodeFlags: readonly string[] = [],
  serverFlags: readonly string[] = [],
): Promise<CanopyProcess> {
  const args = [
    ...launcherFlags(root),
    ...figureFlags,
    ...nodeFlags,
    path.join(root, 'dist/canopy.js'),
    'start',
    '--root-directory',
    directory,
    '--secure-port',
    '0',
    ...serverFlags,
  ];
  const started = performance.now();
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, ...launcherEnvironment, NODE_COMPILE_CACHE: path.join(root, 'dist/.cache') },
  });
  const url = await announcedUrl(child);
  const target: Target = { url, ...adminAccess(directory) };
  const session = await connectSession(target);
  const { status } = await requestOnce(session, target, {
    method: 'GET',
    path: `/clusters/root${workspacesPath}?limit=1`,
  });
  const readyMs = performance.now() - started;
  session.destroy();
  if (status !== 200) throw new Error(`the first request was answered with ${status}`);
  return { child, target, directory, readyMs, stop: () => stopChild(child) };
}

/** What `bin/canopy` gives to Node.js, so that what is measured is what is used. */
export function launcherFlags(root: string): string[] {
  const flags = /^exec "\$node" (.*) "\$root\/dist/m.exec(readFileSync(path.join(root, 'bin/canopy'), 'utf8'))?.[1];
  return flags === undefined ? [] : flags.split(' ');
}

function announcedUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const hear = (chunk: Buffer): void => {
      text += chunk.toString();
      const url = readyLine.exec(text)?.[1];
      if (url !== undefined) resolve(url);
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the server ended with ${code} before it was ready:\n${text}`)));
  });
}

export function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  return ended;
}

/** The server's own kubeconfig: its certificate authority and the token of `kcp-admin`, whose rights are found by RBAC as those of users are. */
function adminAccess(directory: string): { ca: string; token: string } {
  const text = readFileSync(path.join(directory, 'admin.kubeconfig'), 'utf8');
  const ca = /certificate-authority-data: (\S+)/.exec(text)?.[1] ?? '';
  const token = /- name: kcp-admin\n\s+user:\n\s+token: (\S+)/.exec(text)?.[1] ?? '';
  return { ca: Buffer.from(ca, 'base64').toString('utf8'), token };
}
