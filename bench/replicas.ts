import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { commonOptions, programOptions } from '../scripts/program-options.ts';
import { measureReplicas, type ReplicaRow } from './replicas/measure-replicas.ts';
import { machine } from './report.ts';

const { values } = programOptions({
  name: 'bench:replicas',
  purpose: `One, two and three built servers on etcd with one member and with three: rates, and processor time of servers and of etcd, beside
what a bare client gets from the same etcd. See docs/performance.md.`,
  options: commonOptions,
});
const rows = await measureReplicas({
  root: path.resolve(values.root ?? path.join(import.meta.dirname, '..')),
  loopMs: values.quick ? 500 : 5000,
  onRows: (more) => process.stderr.write(more.map(({ store, what }) => `measured: ${store}, ${what}\n`).join('')),
});
const taken = new Date().toISOString();
const file = values.json ?? path.join(import.meta.dirname, 'results', `replicas-${taken.replaceAll(':', '-')}.json`);
mkdirSync(path.dirname(file), { recursive: true });
writeFileSync(file, `${JSON.stringify({ taken, quick: values.quick, machine: machine(), rows }, null, 2)}\n`);

const figure = (value: number | undefined, digits = 0): string =>
  value?.toLocaleString('en', { maximumFractionDigits: digits }) ?? '';
const cells = rows.map((row: ReplicaRow) => [
  row.store,
  row.what,
  figure(row.perSecond),
  row.ofBare === undefined ? '' : `${figure(row.ofBare * 100)} %`,
  figure(row.p50, 1),
  figure(row.p99, 1),
  figure(row.serverMicros),
  figure(row.etcdMicros),
]);
const lines = [['store', 'what', '/s', 'of bare', 'p50 ms', 'p99 ms', 'server us/op', 'etcd us/op'], ...cells];
const widths = lines[0]?.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0))) ?? [];
for (const line of lines) {
  const text = line.map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)));
  process.stdout.write(`${text.join('  ').trimEnd()}\n`);
}
process.stdout.write(`\nWritten to ${path.relative(process.cwd(), file)}\n`);
