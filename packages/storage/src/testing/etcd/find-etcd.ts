import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A server binary that a test starts, or why it cannot. */
export type EtcdBinary = { found: true; path: string } | { found: false; reason: string };

/** The two ages of etcd that Canopy is tested on. */
export interface EtcdBinaries {
  /** 3.6, built from its Go module. */
  current: EtcdBinary;
  /** 3.4, as Debian has it. */
  old: EtcdBinary;
}

/**
 * Where `scripts/provision-etcd.sh` left etcd; `ETCD` and `ETCD_OLD` name others.
 *
 * @throws Error when one is missing and `CI` is set, since a test that skips itself there proves nothing
 */
export function findEtcd(env: NodeJS.ProcessEnv = process.env): EtcdBinaries {
  return { current: find('etcd', env.ETCD, env), old: find('etcd-3.4', env.ETCD_OLD, env) };
}

function find(name: string, override: string | undefined, env: NodeJS.ProcessEnv): EtcdBinary {
  const path = override || fileURLToPath(new URL(`../../../../../.cache/bin/${name}`, import.meta.url));
  if (existsSync(path)) return { found: true, path };
  const reason = `${override || name} is missing; scripts/provision-etcd.sh provides it`;
  if (env.CI) throw new Error(reason);
  return { found: false, reason };
}
