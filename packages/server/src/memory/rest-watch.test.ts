import { describe, expect, it } from 'vitest';
import { RestWatch } from './rest-watch.ts';

/** Looks once a second; `work` is the processor time of each of these seconds, in milliseconds. */
function looks(work: readonly number[]): boolean[] {
  const watch = new RestWatch({ restShare: 0.05, workMs: 500, againMs: 5000 });
  watch.look(0, 0);
  let cpuMs = 0;
  return work.map((ms, i) => {
    cpuMs += ms;
    return watch.look((i + 1) * 1000, cpuMs);
  });
}

describe('a watch for rest', () => {
  it('tells of the first quiet second after work, and of lasting rest once more', () => {
    expect(looks([900, 900, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10])).toEqual([
      ...[false, false, true, false, false, false, false, true],
      ...[false, false, false, false, false, false],
    ]);
  });

  it('says nothing while there is work, however long', () => {
    expect(looks(Array.from({ length: 50 }, () => 80))).not.toContain(true);
  });

  it('says nothing of a process that has done nothing worth mentioning', () => {
    expect(looks(Array.from({ length: 40 }, () => 2))).not.toContain(true);
  });

  it('begins anew when work comes back before rest has lasted', () => {
    expect(looks([900, 10, 10, 900, 10, 10, 10, 10, 10, 10])).toEqual([
      ...[false, true, false, false, true],
      ...[false, false, false, false, true],
    ]);
  });
});
