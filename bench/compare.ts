// node bench/compare.ts [REF] [--rounds N]
// The quick bench of the working tree and of a git ref (default HEAD), in turn, N times (default 3): prints the ratio of
// the medians, and the range of the rounds' own ratios: where that spans 1, nothing was shown. Both are driven by the working tree's bench and use its dependencies. Noise never fails it.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { median } from './load/latencies.ts';
import type { Row } from './report.ts';

const root = path.join(import.meta.dirname, '..');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '3' } },
});
const ref = positionals[0] ?? 'HEAD';
const scratch = mkdtempSync(path.join(tmpdir(), 'canopy-compare-'));
const other = path.join(scratch, 'tree');

/** The dependencies of the working tree, with the other tree's own packages in place of ours. */
function linkDependencies(): void {
  const from = path.join(root, 'node_modules');
  const to = path.join(other, 'node_modules');
  mkdirSync(path.join(to, '@canopy'), { recursive: true });
  for (const name of readdirSync(from)) if (name !== '@canopy') symlinkSync(path.join(from, name), path.join(to, name));
  for (const folder of ['packages', 'providers']) {
    for (const name of readdirSync(path.join(other, folder))) {
      const file = path.join(other, folder, name);
      const manifest = JSON.parse(readFileSync(path.join(file, 'package.json'), 'utf8')) as { name: string };
      if (manifest.name.startsWith('@canopy/')) symlinkSync(file, path.join(to, manifest.name));
    }
  }
}

function build(tree: string): void {
  execFileSync(process.execPath, [path.join(tree, 'scripts/build.ts')], { cwd: tree, stdio: 'inherit' });
}

function measure(tree: string, round: number): Row[] {
  const file = path.join(scratch, `${path.basename(tree)}-${round}.json`);
  execFileSync(process.execPath, [path.join(root, 'bench/run.ts'), '--quick', '--root', tree, '--json', file], {
    stdio: ['ignore', 'ignore', 'ignore'],
  });
  return (JSON.parse(readFileSync(file, 'utf8')) as { rows: Row[] }).rows;
}

function medianOf(runs: readonly Row[][], name: string, field: 'value' | 'cpuMicros'): number | undefined {
  const found = runs
    .map((rows) => rows.find((row) => row.name === name)?.[field])
    .filter((value) => value !== undefined);
  return found.length === 0 ? undefined : median(found);
}

function print(ours: readonly Row[][], theirs: readonly Row[][]): void {
  process.stdout.write(
    `${'working tree / '.concat(ref).padEnd(44)}${'measured'.padStart(10)}${'rounds'.padStart(14)}${'cpu'.padStart(10)}${'now'.padStart(14)}${'then'.padStart(14)}\n`,
  );
  for (const { name, unit } of ours[0] ?? []) {
    const [now, then] = [medianOf(ours, name, 'value'), medianOf(theirs, name, 'value')];
    const [cpuNow, cpuThen] = [medianOf(ours, name, 'cpuMicros'), medianOf(theirs, name, 'cpuMicros')];
    const text = (value: number | undefined): string => (value === undefined ? '' : value.toFixed(1));
    process.stdout.write(
      `${name.padEnd(44)}${ratio(now, then).padStart(10)}${rangeOf(ours, theirs, name).padStart(14)}${ratio(cpuNow, cpuThen).padStart(10)}${`${text(now)} ${unit}`.padStart(14)}${`${text(then)} ${unit}`.padStart(14)}\n`,
    );
  }
}

/** Least and greatest ratio of one round to the one before it. */
function rangeOf(ours: readonly Row[][], theirs: readonly Row[][], name: string): string {
  const ratios: number[] = [];
  ours.forEach((rows, round) => {
    const now = rows.find((row) => row.name === name)?.value;
    const then = theirs[round]?.find((row) => row.name === name)?.value;
    if (now !== undefined && then !== undefined) ratios.push(now / then);
  });
  return ratios.length === 0 ? '' : `${Math.min(...ratios).toFixed(2)}..${Math.max(...ratios).toFixed(2)}`;
}

function ratio(now: number | undefined, then: number | undefined): string {
  return now === undefined || then === undefined ? '' : (now / then).toFixed(2);
}

execFileSync('git', ['worktree', 'add', '--detach', other, ref], { cwd: root, stdio: 'ignore' });
try {
  linkDependencies();
  build(other);
  build(root);
  const ours: Row[][] = [];
  const theirs: Row[][] = [];
  for (let round = 0; round < Math.max(1, Number(values.rounds)); round++) {
    theirs.push(measure(other, round));
    ours.push(measure(root, round));
  }
  print(ours, theirs);
} finally {
  execFileSync('git', ['worktree', 'remove', '--force', other], { cwd: root, stdio: 'ignore' });
  rmSync(scratch, { recursive: true, force: true });
}
