import path from 'node:path';
import type { KubeObject } from '@canopy/apimachinery';
import type { DynamicClient } from '@canopy/client';
import type { ResolvedContext } from '@canopy/client/node';
import { editKubeconfig } from '@canopy/client/node';
import { makeAdmin } from './cast.ts';

const serviceAccounts = { group: '', version: 'v1', resource: 'serviceaccounts' };

/** A kubeconfig with a ServiceAccount of the provider's workspace: rights there, and nowhere else. */
export async function providerKubeconfig(
  admin: DynamicClient,
  context: ResolvedContext,
  place: { workspace: string; folder: string },
): Promise<string> {
  const accounts = admin.cluster(place.workspace).resource(serviceAccounts).namespace('default');
  await accounts.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'provider' } });
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: {}, spec: {} };
  const answer = await accounts.create(request as KubeObject, { name: 'provider', subresource: 'token' });
  const { token } = (answer as KubeObject & { status: { token: string } }).status;
  await makeAdmin(admin, place.workspace, { kind: 'ServiceAccount', name: 'provider', namespace: 'default' });
  const file = path.join(place.folder, 'provider.kubeconfig');
  const server = `${new URL(context.cluster.server ?? '').origin}/clusters/${place.workspace}`;
  await editKubeconfig(
    { paths: [file], explicit: false },
    {
      currentContext: 'provider',
      clusters: { canopy: { ...context.cluster, server } },
      users: { provider: { token } },
      contexts: { provider: { cluster: 'canopy', user: 'provider' } },
    },
  );
  return file;
}
