import type { Clock } from '../clock.ts';
import { systemClock } from '../clock.ts';
import type { LeaderElector } from './leader-elector.ts';

/** Something that works until the first signal fires and may take until the second to finish. */
export interface Runnable {
  run(stop: AbortSignal, kill: AbortSignal): Promise<void>;
}

export interface ManagerOptions {
  /** Followed by controllers: start before them and stop after them. */
  informers?: readonly { run(signal: AbortSignal): Promise<void> }[];
  /** Stopped in reverse order. */
  controllers: readonly Runnable[];
  /** Controllers run only while this is leader; losing the lease ends {@link runManager}. Informers run always. */
  leaderElector?: LeaderElector;
  /** How long controllers together may take to finish. Default 10 s. */
  graceMs?: number;
  clock?: Clock;
}

/**
 * Runs controllers over shared informers until the signal fires, a controller fails or leadership is lost. Then stops the
 * controllers, last first, each after the one before it has finished, then the informers, then gives up the lease.
 *
 * @throws what a controller failed with, after all have stopped; an Error when leadership was lost
 */
export async function runManager(options: ManagerOptions, signal: AbortSignal): Promise<void> {
  const informing = new AbortController();
  const informers = (options.informers ?? []).map((informer) => informer.run(informing.signal));
  try {
    if (options.leaderElector === undefined) await runControllers(options, signal);
    else await options.leaderElector.run((leading) => runControllers(options, leading), signal);
  } finally {
    informing.abort();
    await Promise.all(informers);
  }
}

async function runControllers(options: ManagerOptions, signal: AbortSignal): Promise<void> {
  const kill = new AbortController();
  const ending = Promise.withResolvers<void>();
  let failure: { error: unknown } | undefined;
  const running = options.controllers.map((controller) => {
    const stop = new AbortController();
    const finished = controller.run(stop.signal, kill.signal).catch((error: unknown) => {
      failure ??= { error };
      ending.resolve();
    });
    return { stop, finished };
  });
  const onAbort = () => ending.resolve();
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  await ending.promise;
  signal.removeEventListener('abort', onAbort);
  const timer = (options.clock ?? systemClock).schedule(options.graceMs ?? 10_000, () => kill.abort());
  for (const { stop, finished } of running.reverse()) {
    stop.abort();
    await finished;
  }
  timer.cancel();
  if (failure !== undefined) throw failure.error;
}
