import { isStatusError } from '@canopy/apimachinery';
import type { Clock, ControllerWatch, ExportEndpoint, Logger, Random } from '@canopy/client';
import {
  Controller,
  done,
  Informer,
  keepMetadata,
  keyText,
  runManager,
  sleep,
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

/** How often to ask for an API that the endpoint does not serve. */
const askAgainMs = 1_000;

/**
 * Fulfils the orders of all consumers under one endpoint of the export, until the signal fires. An endpoint may serve
 * nothing as long as nobody has bound the export, and again when the last consumer has gone.
 */
export async function serveOrders(
  endpoint: ExportEndpoint,
  options: OrderControllerOptions,
  signal: AbortSignal,
): Promise<void> {
  const clock = options.clock ?? systemClock;
  while (!signal.aborted) {
    if (await isServed(endpoint, signal)) await fulfilOrders(endpoint, options, signal);
    await sleep(clock, askAgainMs, signal).catch(() => {});
  }
}

/** Errors other than 404 are left to those who meet them next. */
async function isServed({ client }: ExportEndpoint, signal: AbortSignal): Promise<boolean> {
  try {
    await client.cluster('*').resource(orders).list({ limit: 1, signal });
    return true;
  } catch (error) {
    return !isStatusError(error, 'NotFound');
  }
}

/** Until the signal fires, or the endpoint serves orders no more. */
async function fulfilOrders(
  endpoint: ExportEndpoint,
  options: OrderControllerOptions,
  signal: AbortSignal,
): Promise<void> {
  const { server, logger, refreshMs, clock = systemClock, random = Math.random } = options;
  const everywhere = endpoint.client.cluster('*');
  const gone = new AbortController();
  const orderInformer = new Informer<PostgresDatabase>({
    resource: everywhere.resource(orders),
    onError: (error) => {
      if (isStatusError(error, 'NotFound')) gone.abort();
      else logger.warn({ error }, 'cannot follow the orders, trying again');
    },
  });
  const secretInformer = ownSecrets(endpoint, logger);
  const controller = new Controller({
    name: 'postgres-orders',
    watches: [
      watchInformer(orderInformer),
      unawaited(watchInformer(secretInformer, toController({ apiVersion, kind }))),
    ],
    concurrency: 8,
    logger,
    clock,
    random,
    reconcile: async (request) => {
      const order = orderInformer.store.get(keyText(request));
      if (order === undefined) return done;
      const { cluster, namespace } = request;
      const workspace = orderWorkspace(endpoint.client.cluster(cluster), namespace);
      return reconcileOrder(order, { cluster, server, workspace, clock, random, refreshMs });
    },
  });
  const ending = AbortSignal.any([signal, gone.signal]);
  await runManager({ informers: [orderInformer, secretInformer], controllers: [controller] }, ending);
}

function ownSecrets(endpoint: ExportEndpoint, logger: Logger) {
  const labels = Object.entries(secretLabels).map(([key, value]) => `${key}=${value}`);
  return new Informer({
    resource: endpoint.client.cluster('*').resource<Secret>(secrets),
    selection: { labelSelector: labels.join(',') },
    keep: keepMetadata,
    onError: (error) => logger.debug({ error }, 'cannot follow the Secrets, trying again'),
  });
}

/** Secrets wake their orders up, but reconcile reads them itself: consumers may refuse them, others must not wait for that. */
function unawaited(watch: ControllerWatch): ControllerWatch {
  return { start: watch.start, waitForSync: () => Promise.resolve() };
}
