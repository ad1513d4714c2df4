import { isStatusError } from '@canopy/apimachinery';
import type { DynamicClient } from '@canopy/client';
import { ensureFinalizer, removeFinalizer } from '@canopy/client';
import type { PostgresDatabase, PostgresDatabaseStatus, Secret } from '../api/postgres-database.ts';
import { orders, secrets } from '../api/postgres-database.ts';
import type { OrderWorkspace } from './order-reconcile.ts';
import { finalizer, SecretProblem } from './order-reconcile.ts';

/** An order's namespace in its consumer's workspace; `client` is the virtual workspace's for that cluster. */
export function orderWorkspace(client: DynamicClient, namespace: string): OrderWorkspace {
  const orderClient = client.resource<PostgresDatabase>(orders).namespace(namespace);
  const secretClient = client.resource<Secret>(secrets).namespace(namespace);
  return {
    readSecret: (name) =>
      secretCall(async () => {
        try {
          return await secretClient.get(name);
        } catch (error) {
          if (isStatusError(error, 'NotFound')) return undefined;
          throw error;
        }
      }),
    createSecret: (secret) =>
      secretCall(async () => {
        try {
          await secretClient.create(secret);
          return true;
        } catch (error) {
          if (isStatusError(error, 'AlreadyExists')) return false;
          throw error;
        }
      }),
    patchSecret: (name, patch) => secretCall(() => secretClient.patch(name, 'merge', patch)),
    deleteSecret: (secret) =>
      secretCall(async () => {
        try {
          const { name = '', uid } = secret.metadata;
          await secretClient.delete(name, { preconditions: { uid } });
        } catch (error) {
          if (!isStatusError(error, 'NotFound')) throw error;
        }
      }),
    addFinalizer: (order) => ensureFinalizer(orderClient, order, finalizer),
    removeFinalizer: async (order) => {
      await removeFinalizer(orderClient, order, finalizer);
    },
    writeStatus: (order, status) => writeStatus(orderClient, order, status),
  };
}

async function writeStatus(
  orderClient: ReturnType<DynamicClient['resource']>,
  order: PostgresDatabase,
  status: PostgresDatabaseStatus,
): Promise<void> {
  const { name = '', resourceVersion } = order.metadata;
  await orderClient.patch(name, 'merge', { metadata: { resourceVersion }, status }, { subresource: 'status' });
}

async function secretCall<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!isStatusError(error, 'Forbidden')) throw error;
    throw new SecretProblem(
      'SecretRefused',
      `the provider may not write Secrets here; accept its permission claim on secrets in the APIBinding (${(error as Error).message})`,
    );
  }
}
