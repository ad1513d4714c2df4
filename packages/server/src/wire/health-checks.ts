import type { HealthChecks, Registry } from '@canopy/apiserver';

const patienceMs = 5000;

/**
 * Alive: the process answers. Ready: the store answers, and what is decided from caches is no older than a few seconds,
 * because the change log gets here.
 */
export function healthChecks({ storage, hub }: Pick<Registry, 'storage' | 'hub'>): HealthChecks {
  const ping = { name: 'ping', check: async () => undefined };
  const reachable = async (): Promise<void> => void (await inTime(storage.currentRevision()));
  const following = async (): Promise<void> =>
    inTime(storage.currentRevision().then((revision) => hub.waitFor(revision)));
  return {
    live: [ping],
    ready: [ping, { name: 'storage', check: reachable }, { name: 'change-log', check: following }],
  };
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${patienceMs} ms`)), patienceMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
