import type { ChildProcess } from 'node:child_process';
import type { LoadProcess } from '../load/load-process.ts';
import type { LoadPlan, LoadResult } from '../load/plan.ts';
import type { Row } from '../report.ts';
import type { CanopyProcess } from '../server/canopy-process.ts';
import { figuresOf, type ProcessFigures } from '../server/process-figures.ts';
import { type ThreadTimes, threadTimesOf } from '../server/thread-times.ts';
import type { Sizes } from '../sizes.ts';

/** What every part of the suite works with. */
export interface BenchRun {
  /** Source tree whose `dist/` is measured. */
  root: string;
  /** Scratch space on the disk that is measured. */
  directory: string;
  sizes: Sizes;
  load: LoadProcess;
  canopy: CanopyProcess;
  /** Connections of the load generator. */
  sessions?: number;
  /** Whether a part of the suite (`create`, `workspaces`, …) is measured; all are unless told. */
  wants?(part: string): boolean;
}

export type Suite = (run: BenchRun) => Promise<Row[]>;

export interface Measured extends LoadResult {
  perSecond: number;
  /** Processor time for one operation, microseconds: of the server, of its threads as far as known, of the load generator. */
  serverMicros: number;
  threads: Omit<ThreadTimes, 'mainWaited'> | undefined;
  clientMicros: number;
}

/** Runs a plan and takes the server's processor time around it. */
export async function measure(
  run: Pick<BenchRun, 'load' | 'sessions'>,
  server: ChildProcess,
  plan: LoadPlan,
): Promise<Measured> {
  const figures = async (): Promise<[ProcessFigures, ThreadTimes | undefined]> => [
    await figuresOf(server),
    threadTimesOf(server.pid as number),
  ];
  let before: [ProcessFigures, ThreadTimes | undefined] | undefined;
  const sessions = run.sessions === undefined ? {} : { sessions: run.sessions };
  const result = await run.load.run({ ...plan, ...sessions }, async () => {
    before = await figures();
  });
  const [total, threads] = await figures();
  const [totalBefore, threadsBefore] = before ?? [total, threads];
  const each = (micros: number): number => micros / result.count;
  return {
    ...result,
    perSecond: result.count / result.seconds,
    serverMicros: each(total.cpuMicros - totalBefore.cpuMicros),
    threads:
      threads === undefined || threadsBefore === undefined
        ? undefined
        : { main: each(threads.main - threadsBefore.main), workers: each(threads.workers - threadsBefore.workers) },
    clientMicros: each(result.cpuMicros),
  };
}

/** What every row says of a measurement. */
export function figuresOfRow({
  perSecond,
  latency,
  serverMicros,
  threads,
  clientMicros,
  refusals,
}: Measured): Omit<Row, 'name'> {
  return {
    value: perSecond,
    unit: '/s',
    ...latency,
    cpuMicros: serverMicros,
    ...(threads === undefined ? {} : { mainMicros: threads.main, workerMicros: threads.workers }),
    clientMicros,
    ...(refusals === undefined ? {} : { refusals }),
  };
}
