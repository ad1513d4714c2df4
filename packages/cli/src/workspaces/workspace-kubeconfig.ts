import { stringifyYaml } from '@canopy/apimachinery';
import type { Session } from '../session/session.ts';
import { resolvePath, workspaceUrl } from '../session/workspace-path.ts';

/** `canopy kubeconfig <workspace>`: a kubeconfig with one context, for that workspace and the present user. */
export async function printKubeconfig(session: Session, argument: string, name: string | undefined): Promise<void> {
  const current = session.current();
  const path = resolvePath(argument, current.path);
  const title = name ?? path;
  session.io.out(
    await stringifyYaml({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: title, cluster: { ...session.resolved.cluster, server: workspaceUrl(current.base, path) } }],
      users: [{ name: title, user: session.resolved.user }],
      contexts: [{ name: title, context: { cluster: title, user: title } }],
      'current-context': title,
      preferences: {},
    } as never),
  );
}
