import type { Clock, ExportEndpoint, Logger, Random } from '@canopy/client';
import {
  Controller,
  ConnectionError,
  done,
  Informer,
  keepMetadata,
  keyText,
  runManager,
  systemClock,
  toController,
  watchInformer,
} from '@canopy/client';
import type { PostgresDatabase, Secret } from '../api/postgres-database.ts';
import { apiVersion, kind, orders, secrets } from '../api/postgres-database.ts';
import type { DatabaseServer } from '../database/database-server.ts';
import { secretLabels } from './credentials-secret.ts';
import { orderWorkspace } from './kube-order-workspace.ts';
import { reconcileOrder } from './order-reconcile.ts';

export interface OrderControllerOptions {
  server: DatabaseServer;
  logger: Logger;
  /** Time between two looks at an order that is as it should be. */
  refreshMs: number;
  clock?: Clock;
  random?: Random;
}

/** Fulfils the orders of all consumers under one endpoint of the export, until the signal fires. */
export async function serveOrders(
  endpoint: ExportEndpoint,
  options: OrderControllerOptions,
  signal: AbortSignal,
): Promise<void> {
  const { server, logger, refreshMs, clock = systemClock, random = Math.random } = options;
  const everywhere = endpoint.client.cluster('*');
  const onError = (error: unknown) => {
    const log = error instanceof ConnectionError ? logger.debug : logger.warn;
    log.call(logger, { error }, 'cannot follow the orders, trying again');
  };
  const orderInformer = new Informer<PostgresDatabase>({ resource: everywhere.resource(orders), onError });
  const labelSelector = Object.entries(secretLabels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  const secretInformer = new Informer({
    resource: everywhere.resource<Secret>(secrets),
    selection: { labelSelector },
    keep: keepMetadata,
    onError,
  });
  const controller = new Controller({
    name: 'postgres-orders',
    watches: [watchInformer(orderInformer), watchInformer(secretInformer, toController({ apiVersion, kind }))],
    concurrency: 8,
    logger,
    reconcile: async (request) => {
      const order = orderInformer.store.get(keyText(request));
      if (order === undefined) return done;
      const { cluster, namespace } = request;
      const workspace = orderWorkspace(endpoint.client.cluster(cluster), namespace);
      return reconcileOrder(order, { cluster, server, workspace, clock, random, refreshMs });
    },
  });
  await runManager({ informers: [orderInformer, secretInformer], controllers: [controller] }, signal);
}
