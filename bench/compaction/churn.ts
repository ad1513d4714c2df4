import { statSync } from 'node:fs';
import type { Compactor, Storage, StorageKey } from '@canopy/storage';
import { quantile } from '../load/latencies.ts';

export interface ChurnPlan {
  /** Keys that are overwritten, deleted and created again. */
  keys: number;
  /** Writes, one after the other. */
  writes: number;
  /** Bytes of a value. */
  bytes: number;
  /** Changes that compaction keeps. */
  keep: number;
}

/** Milliseconds and bytes. */
export interface ChurnResult {
  p50: number;
  p99: number;
  max: number;
  /** The largest seen, and at the end. */
  filePeak: number;
  fileEnd: number;
  walPeak: number;
  /** Bytes of keys and values: newest of each key, and of the log that must be kept, at the end. */
  live: number;
  kept: number;
}

/**
 * One writer overwrites random keys, every eighth time deletes one; a seeded sequence. `compactor`, when given, runs
 * all the time. Latency is of single writes with the fsync of each.
 */
export async function churn(
  at: { storage: Storage; path: string },
  plan: ChurnPlan,
  compactor: Compactor | undefined,
): Promise<ChurnResult> {
  const { storage, path } = at;
  const random = sequence(1);
  const value = new Uint8Array(plan.bytes);
  const times: number[] = [];
  const sizes: number[] = [];
  const live = new Map<string, number>();
  let filePeak = 0;
  let walPeak = 0;
  let running = true;
  const compacting = compactor === undefined ? Promise.resolve() : compactWhile(compactor, () => running);
  for (let i = 0; i < plan.writes; i++) {
    const key = `/r/core/configmaps/churn/default/object-${random() % plan.keys}` as StorageKey;
    const gone = random() % 8 === 0;
    const started = performance.now();
    const written = await storage.transact({
      compares: [],
      operations: [gone ? { type: 'delete', key } : { type: 'put', key, value: value.fill(i) }],
    });
    times.push(performance.now() - started);
    if (gone) live.delete(key);
    else live.set(key, key.length + plan.bytes);
    if (written.succeeded && written.revisions[0] !== 0) sizes.push(key.length + (gone ? 0 : plan.bytes));
    if (i % 20 > 0) continue;
    filePeak = Math.max(filePeak, sizeOf(path));
    walPeak = Math.max(walPeak, sizeOf(`${path}-wal`));
  }
  running = false;
  await compacting;
  const sorted = Float64Array.from(times).sort();
  return {
    p50: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
    max: sorted.at(-1) ?? 0,
    filePeak,
    fileEnd: sizeOf(path),
    walPeak,
    live: [...live.values()].reduce((sum, each) => sum + each, 0),
    kept: sizes.slice(-plan.keep).reduce((sum, each) => sum + each, 0),
  };
}

async function compactWhile(compactor: Compactor, running: () => boolean): Promise<void> {
  while (running()) {
    await compactor.runOnce();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await compactor.runOnce();
}

export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Park and Miller's generator: the same numbers in each run. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state;
  };
}
