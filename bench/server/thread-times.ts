import { readdirSync, readFileSync } from 'node:fs';

/** Processor time, microseconds. */
export interface ThreadTimes {
  main: number;
  /** For how long the main thread was ready to run and had no processor. */
  mainWaited: number;
  /** Of threads that run JavaScript: the writer of the store, and others that the server makes. */
  workers: number;
}

/** From the kernel's books, to the nanosecond; undefined where there are none. */
export function threadTimesOf(pid: number): ThreadTimes | undefined {
  const tasks = `/proc/${pid}/task`;
  const times: ThreadTimes = { main: 0, mainWaited: 0, workers: 0 };
  try {
    for (const task of readdirSync(tasks)) {
      const [ran, waited] = readFileSync(`${tasks}/${task}/schedstat`, 'utf8')
        .split(' ')
        .map((nanos) => Number(nanos) / 1000) as [number, number];
      if (Number(task) === pid) Object.assign(times, { main: ran, mainWaited: waited });
      else if (isWorker(readFileSync(`${tasks}/${task}/comm`, 'utf8').trim())) times.workers += ran;
    }
    return times;
  } catch {
    return undefined;
  }
}

/** All but those of the engine and its pool of threads. */
function isWorker(name: string): boolean {
  return !/V8Worker|DelayedTask|SignalInspector|libuv/.test(name);
}
