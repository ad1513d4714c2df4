import { cpus, totalmem } from 'node:os';

/** A figure that is held to a bar. */
export interface Bar {
  /** As in the table's column. */
  limit: number;
  better: 'lower' | 'higher';
  /** Part of what a bare server reaches in the same run, which has to be reached too. */
  share?: { of: Ceiling; atLeast: number };
}

/** The bare servers: one that only answers, and a database that only commits. */
export type Ceiling = 'http2' | 'sqlite';

/** One line of the table. */
export interface Row {
  name: string;
  value: number;
  unit: string;
  /** The same work without Canopy, in the same run and unit. */
  ceilings?: Partial<Record<Ceiling, number>>;
  /** Milliseconds. */
  p50?: number;
  p99?: number;
  /** Processor time of the server for one operation, and that of the bare HTTP server. Microseconds. */
  cpuMicros?: number;
  ceilingCpuMicros?: number;
  /** Of `cpuMicros`: the main thread's, and that of the threads which the server has made. */
  mainMicros?: number;
  workerMicros?: number;
  /** Processor time of the load generator for one operation, at the server and at the bare one. */
  clientMicros?: number;
  ceilingClientMicros?: number;
  /** Answers by statuses that were not expected. */
  refusals?: Record<number, number>;
  bar?: Bar;
}

export function passes(row: Row): boolean | undefined {
  const { value, bar } = row;
  if (bar === undefined) return undefined;
  if (bar.better === 'lower') return value < bar.limit;
  return value >= bar.limit && (bar.share === undefined || (shareOf(row, bar.share.of) ?? 0) >= bar.share.atLeast);
}

/** Canopy's share of a ceiling's rate. */
export function shareOf({ value, ceilings }: Row, of: Ceiling): number | undefined {
  const ceiling = ceilings?.[of];
  return ceiling === undefined ? undefined : value / ceiling;
}

/** Columns after the name; those without a figure in any row are left out. */
const columns: Readonly<Record<string, (row: Row) => string>> = {
  measured: ({ value }) => figure(value),
  unit: ({ unit }) => unit,
  'of http2': (row) => percent(shareOf(row, 'http2')),
  'of sqlite': (row) => percent(shareOf(row, 'sqlite')),
  'p50 ms': ({ p50 }) => figure(p50),
  'p99 ms': ({ p99 }) => figure(p99),
  'cpu us/op': ({ cpuMicros }) => figure(cpuMicros),
  main: ({ mainMicros }) => figure(mainMicros),
  workers: ({ workerMicros }) => figure(workerMicros),
  client: ({ clientMicros }) => figure(clientMicros),
  'bare cpu': ({ ceilingCpuMicros }) => figure(ceilingCpuMicros),
  'bare client': ({ ceilingClientMicros }) => figure(ceilingClientMicros),
  http2: ({ ceilings }) => figure(ceilings?.http2),
  sqlite: ({ ceilings }) => figure(ceilings?.sqlite),
  bar: ({ bar }) => (bar === undefined ? '' : barText(bar)),
  '': (row) => ({ true: 'pass', false: 'fail', undefined: '' })[String(passes(row)) as 'true'],
};

export function tableText(rows: readonly Row[]): string {
  const used = Object.entries(columns).filter(([, text]) => rows.some((row) => text(row) !== ''));
  const lines = [
    ['what', ...used.map(([title]) => title)],
    ...rows.map((row) => [row.name, ...used.map(([, text]) => text(row))]),
  ];
  const widths = lines[0]?.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0))) ?? [];
  const text = lines.map((line) =>
    line
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  return `${[...text, ...rows.flatMap(refusalText)].join('\n')}\n`;
}

function refusalText({ name, refusals }: Row): string[] {
  return Object.entries(refusals ?? {}).map(
    ([status, count]) => `${name}: ${count} ${status === '0' ? 'streams failed' : `answers with ${status}`}`,
  );
}

function barText({ limit, better, share }: Bar): string {
  const least = `${better === 'lower' ? '<' : '>='} ${figure(limit)}`;
  return share === undefined ? least : `${least}, ${percent(share.atLeast)} ${share.of}`;
}

function percent(share: number | undefined): string {
  return share === undefined ? '' : `${Math.round(share * 100)} %`;
}

function figure(value: number | undefined): string {
  if (value === undefined) return '';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}

/** What the figures depend on besides the code. */
export function machine(): { node: string; cpu: string; cores: number; memoryGiB: number; platform: string } {
  const [first] = cpus();
  return {
    node: process.version,
    cpu: first?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    platform: `${process.platform} ${process.arch}`,
  };
}
