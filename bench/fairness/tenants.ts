import { connectSession, requestOnce } from '../load/session.ts';
import { type Target, workspacesPath } from '../server/canopy-process.ts';

export function tokenOf(user: string): string {
  return `token-of-${user}`;
}

/** A file for `--token-auth-file`: users who may do everything in every workspace. */
export function tokenFileText(users: readonly string[]): string {
  return users.map((user) => `${tokenOf(user)},${user},uid-${user},system:kcp:admin\n`).join('');
}

/** URL path of the ConfigMaps of a workspace below the root. */
export function configMaps(workspace: string): string {
  return `/clusters/root:${workspace}/api/v1/namespaces/default/configmaps`;
}

export function namespaces(workspace: string): string {
  return `/clusters/root:${workspace}/api/v1/namespaces`;
}

export function configMap(name: string, data: Record<string, string>): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
}

/** Makes workspaces with a ConfigMap `c-0` each, and with many in `bad-0`. */
export async function prepareTenants(
  target: Target,
  { workspaces, objects }: { workspaces: readonly string[]; objects: number },
): Promise<void> {
  const session = await connectSession(target);
  const send = async (method: string, at: string, body?: object): Promise<void> => {
    const plan = { method, path: at, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const { status } = await requestOnce(session, target, plan);
    if (status >= 300) throw new Error(`${method} ${at} was answered with ${status}`);
  };
  const data = { text: 'x'.repeat(1000) };
  for (const name of workspaces) {
    await send('POST', `/clusters/root${workspacesPath}`, {
      apiVersion: 'tenancy.kcp.io/v1alpha1',
      kind: 'Workspace',
      metadata: { name },
    });
    for (;;) {
      const at = `/clusters/root${workspacesPath}/${name}`;
      const { body } = await requestOnce(session, target, { method: 'GET', path: at });
      if (JSON.parse(body.toString()).status?.phase === 'Ready') break;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    for (let i = 0; i < (name === 'bad-0' ? objects : 1); i++)
      await send('POST', configMaps(name), configMap(`c-${i}`, data));
  }
  session.destroy();
}
