import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { machine } from '../../bench/report.ts';
import { commonOptions, programOptions } from '../../scripts/program-options.ts';
import { killRounds, type Round } from './kill-rounds.ts';

const { values } = programOptions({
  name: 'faults',
  purpose: `Kills the built server again and again under mixed load, in three of ten rounds with a clock that jumps, and prints a table of
what came of it. Ends with exit code 1 at the first round that lost, tore, repeated or forgot anything.`,
  options: {
    kills: { type: 'number', help: 'default: 200' },
    seed: { type: 'number', help: 'of an earlier run, to have it again' },
    json: commonOptions.json,
  },
});
const { kills = 200, seed = Math.floor(Math.random() * 2 ** 31) } = values;
process.stdout.write(`${kills} kills, seed ${seed}\n`);

const rounds = await killRounds({
  kills,
  seed,
  clockJumps: 0.3,
  onRound: ({ kill, problems, ...round }) => {
    if (kill % 10 === 0) process.stderr.write(`kill ${kill}: ${round.acknowledged} writes, ${round.events} events\n`);
    for (const problem of problems) process.stderr.write(`kill ${kill}: ${problem}\n`);
  },
});

const last = rounds.at(-1) as Round;
const restarts = rounds.map(({ restartMs }) => restartMs).sort((a, b) => a - b);
const lines: [string, number][] = [
  ['kills', rounds.length],
  ['of these during a start', rounds.filter(({ during }) => during === 'start').length],
  ['writes acknowledged', last.acknowledged],
  ['watch events compared with the log', last.events],
  ['revision of the store', last.revision],
  ['restart, median ms', restarts[Math.floor(restarts.length / 2)] as number],
  ['restart, longest ms', restarts.at(-1) as number],
  ['problems', rounds.reduce((sum, { problems }) => sum + problems.length, 0)],
];
for (const [what, value] of lines) process.stdout.write(`${what.padEnd(36)}${String(value).padStart(10)}\n`);

const taken = new Date().toISOString();
const results = path.join(import.meta.dirname, '..', '..', 'bench', 'results');
const file = values.json ?? path.join(results, `faults-${taken.replaceAll(':', '-')}.json`);
mkdirSync(path.dirname(file), { recursive: true });
writeFileSync(file, `${JSON.stringify({ taken, seed, machine: machine(), rounds }, null, 2)}\n`);
process.stdout.write(`\nWritten to ${path.relative(process.cwd(), file)}\n`);
process.exitCode = rounds.some(({ problems }) => problems.length > 0) ? 1 : 0;
