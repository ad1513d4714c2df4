import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import path from 'node:path';
import { machine } from '../../bench/report.ts';
import { commonOptions, programOptions } from '../../scripts/program-options.ts';
import { replicaRounds } from './replica-rounds.ts';

const { values } = programOptions({
  name: 'faults:replicas',
  purpose: `Three built servers on a real three-member etcd under mixed load; in each round every server and every member is killed once.
Prints each kill and what came of all. Ends with exit code 1 when anything was lost, torn, repeated or forgotten, or when work was not
taken over within ten seconds.`,
  options: {
    rounds: { type: 'number', help: 'default: 10' },
    seed: { type: 'number', help: 'of an earlier run, to have it again' },
    busy: { type: 'number', help: 'processes beside it that do nothing but take processor time; default: none' },
    json: commonOptions.json,
  },
});
const { rounds = 10, seed = Math.floor(Math.random() * 2 ** 31), busy: busyProcesses = 0 } = values;
process.stdout.write(`${rounds} rounds, seed ${seed}\n`);

const busy = Array.from({ length: busyProcesses }, () =>
  spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
);
process.once('exit', () => busy.map((child) => child.kill('SIGKILL')));

const run = await replicaRounds({
  rounds,
  seed,
  onKill: ({ victim, acknowledged, takeoverMs, problems }) => {
    const takeover =
      takeoverMs === undefined ? '' : `, taken over after ${takeoverMs} ms, load ${loadavg()[0]?.toFixed(0)}`;
    process.stderr.write(`${victim}: ${acknowledged} writes so far${takeover}\n`);
    for (const problem of problems) process.stderr.write(`  ${problem}\n`);
  },
});
for (const problem of run.problems) process.stderr.write(`at the end: ${problem}\n`);

const takeovers = run.kills.flatMap(({ takeoverMs }) => takeoverMs ?? []).sort((a, b) => a - b);
const lines: [string, number][] = [
  ['kills', run.kills.length],
  ['writes acknowledged', run.acknowledged],
  ['changes in the log', run.changes],
  ['watch events compared with the log', run.events],
  ['takeover of controllers, median ms', takeovers[Math.floor(takeovers.length / 2)] ?? 0],
  ['takeover of controllers, longest ms', takeovers.at(-1) ?? 0],
  ['living replicas taken for dead', run.mistaken],
  ['problems', run.kills.reduce((sum, { problems }) => sum + problems.length, run.problems.length)],
];
for (const [what, value] of lines) process.stdout.write(`${what.padEnd(36)}${String(value).padStart(10)}\n`);

const taken = new Date().toISOString();
const results = path.join(import.meta.dirname, '..', '..', 'bench', 'results');
const file = values.json ?? path.join(results, `replicas-faults-${taken.replaceAll(':', '-')}.json`);
mkdirSync(path.dirname(file), { recursive: true });
writeFileSync(file, `${JSON.stringify({ taken, seed, machine: machine(), run }, null, 2)}\n`);
process.stdout.write(`\nWritten to ${path.relative(process.cwd(), file)}\n`);
for (const child of busy) child.kill('SIGKILL');
process.exitCode = lines.at(-1)?.[1] === 0 ? 0 : 1;
