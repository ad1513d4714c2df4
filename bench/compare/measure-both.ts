import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import { LoadProcess } from '../load/load-process.ts';
import type { LoopPlan } from '../load/plan.ts';
import { type CanopyProcess, startCanopy } from '../server/canopy-process.ts';
import { type Measured, measure } from '../suite/bench-run.ts';
import { seedPlan, type Verb, verbs } from '../suite/objects.ts';

export interface CompareSizes {
  rounds: number;
  /** Of one loop, milliseconds. */
  loopMs: number;
  /** Rounds end after this time, whatever their number. */
  seconds: number;
}

/** Of one verb, in each round. */
export interface Pairs {
  name: string;
  /** Processor time of the server for one operation, microseconds, and operations per second. */
  cpu: { ours: number; theirs: number }[];
  rate: { ours: number; theirs: number }[];
}

interface Side {
  which: 'ours' | 'theirs';
  canopy: CanopyProcess;
  /** Objects that the last creating loop has made: they are deleted in the same round. */
  made: number;
}

const objects = 600;
/** Numbers of objects that a round may use. */
const numbersEach = 1_000_000;
/** Once each, uncounted: code is compiled, caches are filled. */
const warmUpRounds = 2;

/** Both builds serve at the same time and are asked in turn, first one first, then the other, by one load generator. */
export async function measureBoth(
  trees: { ours: string; theirs: string },
  directory: string,
  { rounds, loopMs, seconds }: CompareSizes,
): Promise<Pairs[]> {
  const load = new LoadProcess();
  const sides: Side[] = [];
  const pairs = verbs.map(({ name }): Pairs => ({ name, cpu: [], rate: [] }));
  try {
    for (const which of ['ours', 'theirs'] as const) {
      const canopy = await startCanopy(trees[which], mkdtempSync(path.join(directory, `${which}-`)));
      sides.push({ which, canopy, made: 0 });
      await load.run(seedPlan(canopy.target, objects));
    }
    const end = performance.now() + seconds * 1000;
    for (let round = 0; round < warmUpRounds + rounds; round++) {
      for (const [i, verb] of verbs.entries()) {
        const order = (round + i) % 2 === 0 ? sides : [...sides].reverse();
        const got: Partial<Record<Side['which'], Measured>> = {};
        for (const side of order) got[side.which] = await measureVerb(load, side, verb, { round, loopMs });
        if (round >= warmUpRounds) note(pairs[i] as Pairs, got as Record<Side['which'], Measured>);
      }
      if (performance.now() > end) break;
    }
    return pairs;
  } finally {
    for (const { canopy } of sides) await canopy.stop();
    await load.stop();
  }
}

async function measureVerb(
  load: LoadProcess,
  side: Side,
  { name, plan, concurrency }: Verb,
  { round, loopMs }: { round: number; loopMs: number },
): Promise<Measured> {
  const { canopy } = side;
  const all: LoopPlan = {
    kind: 'loop',
    target: canopy.target,
    concurrency,
    first: plan.wrap === true ? 0 : (round + 1) * numbersEach,
    count: plan.wrap === true ? objects : name === 'delete' ? side.made : numbersEach,
    ms: name === 'delete' ? 10 * loopMs : loopMs,
    ...plan,
  };
  const measured = await measure({ load }, canopy.child, all);
  if (name === 'create') side.made = measured.count;
  return measured;
}

function note(pairs: Pairs, { ours, theirs }: Record<Side['which'], Measured>): void {
  pairs.cpu.push({ ours: ours.serverMicros, theirs: theirs.serverMicros });
  pairs.rate.push({ ours: ours.perSecond, theirs: theirs.perSecond });
}
