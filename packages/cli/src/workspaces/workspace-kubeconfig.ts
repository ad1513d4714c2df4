import { readFile } from 'node:fs/promises';
import { stringifyYaml } from '@canopy/apimachinery';
import { CliError } from '../session/cli-io.ts';
import type { Session } from '../session/session.ts';
import { workspaceUrl } from '../session/workspace-path.ts';
import { pathOf } from './use-workspace.ts';

/**
 * `canopy kubeconfig <workspace>`: a kubeconfig with one context, for that workspace and the present user. It stands by
 * itself: certificates and keys are written into it, not the names of their files.
 */
export async function printKubeconfig(session: Session, argument: string, name: string | undefined): Promise<void> {
  const { base } = session.current();
  const path = await pathOf(session, argument);
  const title = name ?? path;
  const cluster = await withContents(session.resolved.cluster, ['certificate-authority']);
  const user = await withContents(session.resolved.user, ['client-certificate', 'client-key']);
  const { namespace } = session.resolved;
  const context = { cluster: title, user: title, ...(namespace === 'default' ? {} : { namespace }) };
  session.io.out(
    await stringifyYaml({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: title, cluster: { ...cluster, server: workspaceUrl(base, path) } }],
      users: [{ name: title, user }],
      contexts: [{ name: title, context }],
      'current-context': title,
      preferences: {},
    }),
  );
}

/** A copy of an entry with what its files hold in place of their names. */
async function withContents(
  entry: Readonly<Record<string, unknown>>,
  fields: readonly string[],
): Promise<Record<string, unknown>> {
  const copy = { ...entry };
  for (const field of fields) {
    const file = copy[field];
    delete copy[field];
    if (typeof file !== 'string' || file === '' || copy[`${field}-data`]) continue;
    try {
      copy[`${field}-data`] = (await readFile(file)).toString('base64');
    } catch (error) {
      throw new CliError((error as Error).message);
    }
  }
  return copy;
}
