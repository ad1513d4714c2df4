// node scripts/test.mjs [FILTER...]
// Everything that has to hold before a change is merged: types, lint, dead code, then all tests (or those whose file
// name contains a FILTER). All of it runs even when a part fails; the last line counts checks and tests together.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { installDependencies } from './dependencies.mjs';
import { requireNode, root } from './node-runtime.mjs';

installDependencies();
const node = requireNode();
const env = {
  ...process.env,
  PATH: [path.dirname(node), path.join(root, 'bin'), process.env.PATH].join(path.delimiter),
};
const filters = process.argv.slice(2);

/**
 * Runs a command of an installed package under the pinned Node.js.
 * @param {string} program path below `node_modules`
 * @param {string[]} args
 */
function run(program, args) {
  const began = performance.now();
  const result = spawnSync(node, [path.join(root, 'node_modules', program), ...args], {
    cwd: root,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return { ok: result.status === 0, seconds: ((performance.now() - began) / 1000).toFixed(1) };
}

const count = { passed: 0, failed: 0, skipped: 0 };

/** @type {[string, string, string[]][]} */
const checks = [
  ['types', 'typescript/bin/tsc', ['-p', 'tsconfig.json']],
  ['lint', '@biomejs/biome/bin/biome', ['lint', '--error-on-warnings', '--max-diagnostics=50', '.']],
  ['dead code', 'knip/bin/knip.js', ['--no-progress']],
];
for (const [title, program, args] of filters.length > 0 ? [] : checks) {
  const { ok, seconds } = run(program, args);
  count[ok ? 'passed' : 'failed'] += 1;
  process.stdout.write(`${ok ? '✓' : '✗'} ${title} (${seconds} s)\n`);
}

const prepare = spawnSync(process.execPath, [path.join(root, 'scripts', 'prepare.mjs')], {
  cwd: root,
  stdio: 'inherit',
});
const report = path.join(root, '.cache', `test-report.${process.pid}.json`);
mkdirSync(path.dirname(report), { recursive: true });
const vitest = run('vitest/vitest.mjs', [
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...filters,
]);
const tests = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined;
rmSync(report, { force: true });
if (tests) {
  count.passed += tests.numPassedTests;
  count.failed += tests.numFailedTests;
  count.skipped += tests.numPendingTests + tests.numTodoTests;
  // A file that does not even load has no test to count.
  count.failed += tests.testResults.filter(
    (/** @type {{ status: string, assertionResults: unknown[] }} */ file) =>
      file.status === 'failed' && file.assertionResults.length === 0,
  ).length;
}
if (prepare.status !== 0) count.failed += 1;
if (!vitest.ok && !(tests && tests.numFailedTests > 0)) count.failed = Math.max(count.failed, 1);

const ok = count.failed === 0 && vitest.ok;
process.stdout.write(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`);
process.exitCode = ok ? 0 : 1;
