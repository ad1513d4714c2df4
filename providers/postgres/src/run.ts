import type { Logger } from '@canopy/client';
import { watchExportEndpoints } from '@canopy/client';
import type { KubeconfigClient } from '@canopy/client/node';
import { exportName } from './api/postgres-database.ts';
import type { AdminConnection } from './database/connection.ts';
import type { ServerEndpoint } from './database/database-server.ts';
import { PostgresServer } from './database/postgres-server.ts';
import { EmbeddedServer } from './embedded/embedded-server.ts';
import { serveOrders } from './orders/order-controller.ts';

export interface RunOptions {
  /** As the provider; any cluster in its URL is replaced by `workspace`. */
  kube: KubeconfigClient;
  /** Path of the workspace with the export. */
  workspace: string;
  /** A server of the operator's, or the folder of an embedded one. */
  server: { connection: AdminConnection } | { embeddedRoot: string };
  /** What consumers get to see of the server, where that differs from how the provider reaches it. */
  endpoint?: ServerEndpoint;
  allowedExtensions: readonly string[];
  refreshMs: number;
  logger: Logger;
  /** Called once, when orders are being watched for. */
  onReady?: () => void;
}

/** Serves the export until the signal fires; then lets work in progress end and stops an embedded server. */
export async function runProvider(options: RunOptions, signal: AbortSignal): Promise<void> {
  const { kube, logger, refreshMs, endpoint, allowedExtensions } = options;
  const serverStop = new AbortController();
  const embedded =
    'embeddedRoot' in options.server
      ? await EmbeddedServer.start({ root: options.server.embeddedRoot, logger })
      : undefined;
  const keptUp = embedded?.run(serverStop.signal);
  const connection = embedded?.connection ?? (options.server as { connection: AdminConnection }).connection;
  const server = new PostgresServer({ connection, endpoint, allowedExtensions });
  try {
    options.onReady?.();
    await watchExportEndpoints(
      {
        client: kube.client.cluster(options.workspace),
        slice: exportName,
        connect: (url) => kube.connector.connect(url),
        serve: (found, ending) => serveOrders(found, { server, logger, refreshMs }, ending),
        logger,
      },
      signal,
    );
  } finally {
    await server.close();
    serverStop.abort();
    await keptUp;
  }
}
