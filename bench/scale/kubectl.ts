import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { CanopyProcess } from '../server/canopy-process.ts';
import { inWorkspace } from './world.ts';

const binary = path.join(import.meta.dirname, '../../.cache/bin/kubectl');

/** `kubectl get orders` in a workspace, with a discovery cache of its own; undefined where there is no kubectl. */
export function kubectlGet(
  { target, directory }: CanopyProcess,
  workspace: number,
): { run(): Promise<number>; done(): void } | undefined {
  if (!existsSync(binary)) return undefined;
  const cache = mkdtempSync(path.join(tmpdir(), 'canopy-kubectl-'));
  const args = [
    ['--kubeconfig', path.join(directory, 'admin.kubeconfig')],
    ['--server', `${target.url}${inWorkspace(workspace, '')}`],
    ['--cache-dir', cache],
    ['get', 'orders', '--namespace', 'default', '--output', 'name'],
  ].flat();
  return {
    async run() {
      const started = performance.now();
      const { stdout } = await promisify(execFile)(binary, args);
      if (!stdout.includes('/first')) throw new Error(`kubectl printed ${JSON.stringify(stdout)}`);
      return performance.now() - started;
    },
    done: () => rmSync(cache, { recursive: true, force: true }),
  };
}
