import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Compactor, SqliteStorage } from '@canopy/storage';
import { commonOptions, programOptions } from '../scripts/program-options.ts';
import { type ChurnPlan, churn, sizeOf } from './compaction/churn.ts';
import { machine, type Row, tableText } from './report.ts';

const { values } = programOptions({
  name: 'bench:compaction',
  purpose: `Churn on a store's file, with and without compaction in one run; prints a table. See "Watches and compaction" in
docs/performance.md.`,
  options: { quick: commonOptions.quick, json: commonOptions.json },
});
const { quick } = values;
const plans: Readonly<Record<string, ChurnPlan>> = {
  '1 kB': { keys: 2000, writes: quick ? 2000 : 10_000, bytes: 1000, keep: quick ? 500 : 2000 },
  '500 kB': { keys: 20, writes: quick ? 100 : 500, bytes: 500_000, keep: quick ? 10 : 100 },
};

async function measurePlan(name: string, plan: ChurnPlan): Promise<Row[]> {
  const directory = mkdtempSync(path.join(tmpdir(), 'canopy-bench-compaction-'));
  try {
    const rows: Row[] = [];
    const p99: number[] = [];
    for (const compacts of [false, true]) {
      const file = path.join(directory, `${compacts}.db`);
      const storage = await SqliteStorage.open({ path: file });
      const compactor = compacts ? new Compactor(storage, { keepChanges: plan.keep, keepMs: 0 }) : undefined;
      const result = await churn({ storage, path: file }, plan, compactor);
      await compactor?.stop();
      await storage.close();
      p99.push(result.p99);
      const how = `${name} values, ${compacts ? 'compacting' : 'no compaction'}`;
      rows.push(
        {
          name: `${how}: longest write`,
          value: result.max,
          unit: 'ms',
          p50: result.p50,
          p99: result.p99,
        },
        { name: `${how}: log beside the file, peak`, value: result.walPeak / 1e6, unit: 'MB' },
        { name: `${how}: file, peak`, value: result.filePeak / 1e6, unit: 'MB' },
        {
          name: `${how}: file when closed, of live + kept`,
          value: sizeOf(file) / (result.live + result.kept),
          unit: 'x',
          ...(compacts ? { bar: { limit: 2, better: 'lower' } as const } : {}),
        },
      );
    }
    const [without = 0, beside = 0] = p99;
    rows.push({
      name: `${name} values: p99 beside compaction, of that without`,
      value: beside / without,
      unit: 'x',
      bar: { limit: 2, better: 'lower' },
    });
    return rows;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const rows: Row[] = [];
for (const [name, plan] of Object.entries(plans)) rows.push(...(await measurePlan(name, plan)));
const taken = new Date().toISOString();
const file = values.json ?? path.join(import.meta.dirname, 'results', `compaction-${taken.replaceAll(':', '-')}.json`);
mkdirSync(path.dirname(file), { recursive: true });
writeFileSync(file, `${JSON.stringify({ taken, quick, machine: machine(), rows }, null, 2)}\n`);
process.stdout.write(tableText(rows));
process.stdout.write(`\nWritten to ${path.relative(process.cwd(), file)}\n`);
