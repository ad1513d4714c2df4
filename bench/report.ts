import { cpus, totalmem } from 'node:os';

/** A figure that is held to a bar. */
export interface Bar {
  /** As in the table's column. */
  limit: number;
  better: 'lower' | 'higher';
}

/** One line of the table. */
export interface Row {
  name: string;
  value: number;
  unit: string;
  /** The same work without Canopy, in the same run and unit; which of the bare servers it is. */
  ceiling?: { value: number; of: 'http2' | 'sqlite' };
  /** Milliseconds. */
  p50?: number;
  p99?: number;
  /** Processor time of the server for one operation, and that of the ceiling's. */
  cpuMicros?: number;
  ceilingCpuMicros?: number;
  bar?: Bar;
}

export function passes({ value, bar }: Row): boolean | undefined {
  if (bar === undefined) return undefined;
  return bar.better === 'lower' ? value < bar.limit : value >= bar.limit;
}

/** Canopy's share of the ceiling's rate. */
export function ratioOf({ value, ceiling }: Row): number | undefined {
  return ceiling === undefined ? undefined : value / ceiling.value;
}

const columns = [
  'of ceiling',
  'measured',
  'unit',
  'ceiling',
  'p50 ms',
  'p99 ms',
  'cpu us/op',
  'bare cpu',
  'bar',
  '',
] as const;

export function tableText(rows: readonly Row[]): string {
  const cells = rows.map((row) => [row.name, ...cellsOf(row)]);
  const lines = [['what', ...columns], ...cells];
  const widths = lines[0]?.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0))) ?? [];
  const text = lines.map((line) =>
    line
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  return `${text.join('\n')}\n`;
}

function cellsOf(row: Row): string[] {
  const ratio = ratioOf(row);
  const passed = passes(row);
  return [
    ratio === undefined ? '' : `${Math.round(ratio * 100)} %`,
    figure(row.value),
    row.unit,
    row.ceiling === undefined ? '' : `${figure(row.ceiling.value)} ${row.ceiling.of}`,
    figure(row.p50),
    figure(row.p99),
    figure(row.cpuMicros),
    figure(row.ceilingCpuMicros),
    row.bar === undefined ? '' : `${row.bar.better === 'lower' ? '<' : '>='} ${figure(row.bar.limit)}`,
    passed === undefined ? '' : passed ? 'pass' : 'fail',
  ];
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
