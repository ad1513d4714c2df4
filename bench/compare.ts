import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { commonOptions, programOptions } from '../scripts/program-options.ts';
import { type CompareSizes, measureBoth, type Pairs } from './compare/measure-both.ts';
import { buildCommit, defaultRef, NothingToCompare } from './compare/other-tree.ts';
import { type Verdict, verdictOf } from './compare/verdict.ts';
import { median } from './load/latencies.ts';
import { machine } from './report.ts';

const { values, argument } = programOptions({
  name: 'bench:compare',
  purpose: `Compares the working tree with a commit, and prints for each verb the ratio of processor times per operation. Whatever it
finds, or when there is nothing to compare with, it ends with success: on a shared machine a difference is a reason to look, not a
failure.`,
  argument: {
    name: 'REF',
    help: 'the commit; default: the one before, or the last where there are changes that are in none',
  },
  options: {
    short: { type: 'switch', help: 'fewer and shorter rounds, about half a minute' },
    rounds: { type: 'number', help: 'how many rounds in turn' },
    json: commonOptions.json,
  },
});
const root = path.join(import.meta.dirname, '..');
const sizes: CompareSizes = values.short
  ? { rounds: 9, loopMs: 200, seconds: 35 }
  : { rounds: 25, loopMs: 500, seconds: 900 };
if (values.rounds !== undefined) sizes.rounds = values.rounds;
const scratch = mkdtempSync(path.join(tmpdir(), 'canopy-compare-'));

function texts({ name, cpu, rate }: Pairs): { name: string; cpu: Verdict; rate: Verdict; text: string } {
  const of = (pairs: Pairs['cpu']): Verdict => verdictOf(pairs.map(({ ours, theirs }) => ours / theirs));
  const [byCpu, byRate] = [of(cpu), of(rate)];
  const said = {
    more: `${percent(byCpu.ratio - 1)} more processor time`,
    less: `${percent(1 - byCpu.ratio)} less processor time`,
    unclear: 'no difference beyond noise',
  }[byCpu.kind];
  const columns = [
    median(cpu.map(({ theirs }) => theirs)).toFixed(0),
    median(cpu.map(({ ours }) => ours)).toFixed(0),
    byCpu.ratio.toFixed(2),
    `${byCpu.low.toFixed(2)}..${byCpu.high.toFixed(2)}`,
    byRate.ratio.toFixed(2),
  ];
  return { name, cpu: byCpu, rate: byRate, text: line(name, columns, said) };
}

function line(name: string, columns: readonly string[], said: string): string {
  return `${name.padEnd(10)}${columns.map((column) => column.padStart(14)).join('')}  ${said}\n`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

try {
  const ref = argument ?? defaultRef(root);
  const theirs = path.join(scratch, 'tree');
  const commit = buildCommit(root, ref, theirs);
  const pairs = await measureBoth({ ours: root, theirs }, scratch, sizes);
  const rows = pairs.map(texts);
  const rounds = pairs[0]?.cpu.length ?? 0;
  process.stdout.write(`working tree against ${ref} (${commit.slice(0, 10)}), ${rounds} rounds in turn\n`);
  process.stdout.write(line('', ['us/op then', 'us/op now', 'ratio', '95 % of it', 'rate'], ''));
  for (const { text } of rows) process.stdout.write(text);
  const taken = new Date().toISOString();
  const file = values.json ?? path.join(import.meta.dirname, 'results', `compare-${taken.replaceAll(':', '-')}.json`);
  mkdirSync(path.dirname(file), { recursive: true });
  const result = { taken, machine: machine(), ref, commit, rows: rows.map(({ text, ...row }) => row), pairs };
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
} catch (error) {
  if (!(error instanceof NothingToCompare)) throw error;
  process.stdout.write(`no comparison with an earlier commit: ${error.message}\n`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
