import { describe, expect, it } from 'vitest';
import { CanopyProcess } from '../harness/canopy-process.ts';
import { Rest } from '../harness/rest.ts';
import { killRounds } from './kill-rounds.ts';
import { Random } from './random.ts';

const seed = Number(process.env['CANOPY_FAULTS_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

describe(`a server killed at random moments (CANOPY_FAULTS_SEED=${seed})`, () => {
  it('keeps every acknowledged write, tears no transaction, and its watches and controllers go on', async () => {
    const rounds = await killRounds({ kills: 8, seed });
    expect(rounds.flatMap(({ kill, problems }) => problems.map((problem) => `kill ${kill}: ${problem}`))).toEqual([]);
    expect(rounds).toHaveLength(8);
    expect(rounds.at(-1)?.acknowledged).toBeGreaterThan(50);
    expect(rounds.at(-1)?.events).toBeGreaterThan(50);
  });

  it('starts again when it was killed during its very first start', async () => {
    const random = new Random(seed);
    for (let i = 0; i < 4; i++) {
      const server = await CanopyProcess.killedWhileStarting(random.between(0, 700));
      try {
        await server.startAgain();
        const rest = Rest.connect(server, 'root');
        expect((await rest.get('/api/v1/namespaces/default')).status).toBe(200);
        rest.close();
      } finally {
        await server.dispose();
      }
    }
  });
});
