import { open, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { KubeconfigError } from './kubeconfig.ts';

const retryMs = 50;
const patienceMs = 5_000;

/**
 * Runs `work` while `<file>.lock` exists, which is how kubectl and others lock a kubeconfig. Waits five seconds for
 * another holder.
 *
 * @throws KubeconfigError when the lock stays taken, or cannot be made
 */
export async function withFileLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  const lock = `${file}.lock`;
  for (let waited = 0; !(await take(lock)); waited += retryMs) {
    if (waited >= patienceMs) {
      throw new KubeconfigError(`${file} is locked by another process; if there is none, remove ${lock}`);
    }
    await delay(retryMs);
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function take(lock: string): Promise<boolean> {
  try {
    const handle = await open(lock, 'wx', 0o600);
    await handle.close();
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw new KubeconfigError(`cannot lock ${lock}: ${(cause as Error).message}`, cause);
  }
}
