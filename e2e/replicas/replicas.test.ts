import { describe, expect, it } from 'vitest';
import { replicaRounds } from './replica-rounds.ts';
import { etcdMissing } from './replica-set.ts';

const missing = etcdMissing();
const seed = Number(process.env['CANOPY_FAULTS_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

describe.skipIf(missing !== undefined)(`three replicas on three members of etcd (CANOPY_FAULTS_SEED=${seed})`, () => {
  it('lose nothing and do nothing twice while each of the six is killed, and watches and controllers go on', async () => {
    const run = await replicaRounds({ rounds: 1, seed, takeoverMs: 30_000 });
    expect(run.kills.flatMap(({ victim, problems }) => problems.map((problem) => `${victim}: ${problem}`))).toEqual([]);
    expect(run.problems).toEqual([]);
    expect(run.kills).toHaveLength(6);
    expect(run.acknowledged).toBeGreaterThan(100);
    expect(run.events).toBeGreaterThan(100);
  });
});
