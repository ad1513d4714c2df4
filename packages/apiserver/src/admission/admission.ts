import type { KubeObject } from '@canopy/apimachinery';
import type { UserInfo } from '../authentication/authenticator.ts';
import type { ClusterAccess } from '../registry/logical-cluster.ts';
import type { ServedResource } from '../registry/served-resource.ts';

export type AdmissionOperation = 'CREATE' | 'UPDATE' | 'DELETE';

/** One write, as admission sees it. Objects are in the storage version. */
export interface AdmissionRequest {
  operation: AdmissionOperation;
  access: ClusterAccess;
  user: UserInfo;
  resource: ServedResource;
  /** `''` for the main resource. */
  subresource: string;
  namespace: string | undefined;
  name: string;
  /** What is going to be stored; plugins that mutate change it in place. Undefined for DELETE. */
  object: KubeObject | undefined;
  /** What stands there now; read-only. Undefined for CREATE. */
  old: KubeObject | undefined;
  dryRun: boolean;
  warn(text: string): void;
}

/**
 * One admission plugin. `handles` is asked once per request and must be cheap. `mutate` runs in chain order for all
 * plugins before any `validate`. Throw a StatusError to refuse.
 */
export interface AdmissionPlugin {
  readonly name: string;
  handles(request: AdmissionRequest): boolean;
  mutate?(request: AdmissionRequest): Promise<void> | void;
  validate?(request: AdmissionRequest): Promise<void> | void;
}

export async function admit(chain: readonly AdmissionPlugin[], request: AdmissionRequest): Promise<void> {
  const active: AdmissionPlugin[] = [];
  for (const plugin of chain) if (plugin.handles(request)) active.push(plugin);
  // Most are done at once, and then nobody waits.
  for (const plugin of active) {
    const mutating = plugin.mutate?.(request);
    if (mutating instanceof Promise) await mutating;
  }
  for (const plugin of active) {
    const validating = plugin.validate?.(request);
    if (validating instanceof Promise) await validating;
  }
}
