import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A client program that a test starts, or why it cannot. */
export type Tool = { found: true; path: string } | { found: false; reason: string };

/** The two ages of kubectl that Canopy has to serve. */
export interface Kubectls {
  /** A current release: table columns, `kubectl create` plugins, server-side apply by default in newer commands. */
  current: Tool;
  /** 1.20: OpenAPI v2 only, no aggregated discovery, `--dry-run` and `apply` as of 2021. */
  old: Tool;
}

/**
 * Where `scripts/provision-tools.sh` left the kubectl binaries; `KUBECTL` and `KUBECTL_OLD` name others.
 *
 * @throws Error when one is missing and `CI` is set, since a test that skips itself there proves nothing
 */
export function findKubectl(env: NodeJS.ProcessEnv = process.env): Kubectls {
  return { current: find('kubectl', env.KUBECTL, env), old: find('kubectl-1.20', env.KUBECTL_OLD, env) };
}

function find(name: string, override: string | undefined, env: NodeJS.ProcessEnv): Tool {
  const path = override || fileURLToPath(new URL(`../../.cache/bin/${name}`, import.meta.url));
  if (existsSync(path)) return { found: true, path };
  const reason = `${override || name} is missing; scripts/provision-tools.sh provides it`;
  if (env.CI) throw new Error(reason);
  return { found: false, reason };
}
