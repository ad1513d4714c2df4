import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClockShift, dayMs } from '../faults/clock/clock-shift.ts';
import type { CanopyProcess } from '../harness/canopy-process.ts';
import { eventually } from '../harness/poll.ts';
import { Rest } from '../harness/rest.ts';
import { EtcdView } from './etcd-view.ts';
import { etcdMissing, type ReplicaSet, startReplicas } from './replica-set.ts';

const missing = etcdMissing();
const holders = '/w/shares/holder/';
const workspaces = '/apis/tenancy.kcp.io/v1alpha1/workspaces';

describe.skipIf(missing !== undefined)('replicas of which one has its clock set', () => {
  let clock: ClockShift;
  let set: ReplicaSet;
  let view: EtcdView;
  beforeAll(async () => {
    clock = new ClockShift();
    set = await startReplicas(2, { members: 1, lastEnv: clock.env });
    view = new EtcdView(set.etcd.endpoints);
  });
  afterAll(async () => {
    await set?.stop();
    clock.remove();
  });

  /** Of each controller its holder. */
  async function held(): Promise<string[]> {
    return (await view.keys(holders)).map(({ key, value }) => `${key} ${value}`);
  }

  it('keep their shares of the work, and do it', async () => {
    await eventually(async () => new Set((await held()).map((line) => line.split(' ')[1])).size === 2);
    await sleep(1000);
    const before = await held();
    for (const [i, shiftMs] of [dayMs, -dayMs].entries()) {
      clock.set(shiftMs);
      const rests = set.replicas.map((replica) => Rest.connect(replica as CanopyProcess, 'root'));
      for (const [j, rest] of rests.entries()) {
        const path = `${workspaces}/w-${i}-${j}`;
        await rest.ok('POST', workspaces, { metadata: { name: `w-${i}-${j}` } });
        await rest.ok('DELETE', path);
        await eventually(async () => (await rest.get(path)).status === 404, { what: `the end of ${path}` });
        rest.close();
      }
      // Longer than a replica may be silent.
      await sleep(6000);
      expect(await held()).toEqual(before);
    }
    for (const { stderr } of set.replicas) expect(stderr).not.toContain('taken for dead');
  });
});
