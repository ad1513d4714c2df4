import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Api } from './api.ts';
import { makeProvider, makeTenant } from './world.ts';

const concurrency = 48;
const saveEvery = 500;

/** How many workspaces a store has for certain; more may have been begun. */
export function builtIn(directory: string): number {
  const file = progressFile(directory);
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
}

function progressFile(directory: string): string {
  return path.join(directory, 'workspaces-made');
}

/** Makes the workspaces from the first missing one up to a number, and notes how far it got. Answers how many it made. */
export async function buildTo(
  api: Api,
  directory: string,
  count: number,
  say: (text: string) => void,
): Promise<number> {
  const first = builtIn(directory);
  if (first >= count) return 0;
  await makeProvider(api);
  const pending = new Set<number>();
  const started = performance.now();
  let next = first;
  let done = 0;
  const note = (): void => writeFileSync(progressFile(directory), String(Math.min(next, ...pending)));
  const worker = async (): Promise<void> => {
    while (next < count) {
      const number = next++;
      pending.add(number);
      await makeTenant(api, number);
      pending.delete(number);
      done += 1;
      if (done % saveEvery !== 0) continue;
      note();
      const rate = (done / (performance.now() - started)) * 1000;
      say(`${first + done} of ${count} workspaces, ${rate.toFixed(0)}/s`);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  note();
  return done;
}
