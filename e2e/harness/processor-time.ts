import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Of proc(5)'s stat, in milliseconds: Linux counts hundredths of a second. */
const tickMs = 10;

/** Milliseconds of processor time that a process takes while `ms` pass; undefined where there is no /proc. */
export async function processorTime(pid: number, ms: number): Promise<number | undefined> {
  const before = total(pid);
  await sleep(ms);
  const after = total(pid);
  return before === undefined || after === undefined ? undefined : after - before;
}

function total(pid: number): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}
