import type { SqliteShare } from '@canopy/storage';
import type { CompletedConfig } from '../config/complete-config.ts';
import type { AdminAccess } from '../pki/admin-kubeconfig.ts';
import type { ShardData } from '../shard.ts';
import type { MetricsSnapshot, RenderedMetrics } from '../wire/metrics.ts';

/** What an API thread serves with: the same as the first thread. */
export interface ApiThreadData {
  config: CompletedConfig;
  shard: ShardData;
  admin: AdminAccess;
  serviceAccountKey: string;
  port: number;
  /** PEM. */
  certificate: { cert: string; key: string };
  ticketKeys: Uint8Array;
}

export type ApiThreadStart = ApiThreadData & { share: SqliteShare | undefined };

/** To an API thread. */
export type ToApiThread =
  /** Once, before anything else but `stop`. */
  | { type: 'start'; start: ApiThreadStart }
  | { type: 'stop' }
  | { type: 'count'; id: number }
  /** Answers its `render`. */
  | { type: 'rendered'; id: number; metrics: RenderedMetrics };

/** From an API thread. */
export type FromApiThread =
  | { type: 'ready' }
  | { type: 'failed'; message: string; userError: boolean }
  | { type: 'store failed'; message: string }
  /** Answers a `count`. */
  | { type: 'counted'; id: number; metrics: MetricsSnapshot }
  /** Somebody asked this thread for the metrics of the process. */
  | { type: 'render'; id: number };
