import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CanopyProcess } from '../harness/canopy-process.ts';
import { eventually } from '../harness/poll.ts';
import { type KubeJson, Rest } from '../harness/rest.ts';
import { openWatch } from '../harness/watch-stream.ts';
import { StoreSnapshot } from './store-snapshot.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';
const missing = spawnSync('prlimit', ['--version']).error?.message;
if (missing !== undefined) process.stderr.write(`skipped, I/O errors: prlimit: ${missing}\n`);

/** From now on the process may not write files beyond this many bytes: write(2) answers EFBIG, which SQLite calls an I/O error. */
function limitFiles(server: CanopyProcess, bytes: number | 'unlimited'): void {
  const { status, stderr } = spawnSync('prlimit', ['--pid', `${server.pid}`, `--fsize=${bytes}:`]);
  if (status !== 0) throw new Error(`prlimit: ${String(stderr)}`);
}

describe.skipIf(missing !== undefined && process.env['CI'] === undefined)('a server whose writes to disk fail', () => {
  let server: CanopyProcess;
  let rest: Rest;
  beforeEach(async () => {
    server = await CanopyProcess.start();
    rest = Rest.connect(server, 'root');
  });
  afterEach(async () => {
    rest.close();
    await server.dispose();
  });

  const create = (name: string) => rest.post(configMaps, { metadata: { name }, data: { text: 'x'.repeat(5000) } });

  it('says so to every writer, acknowledges and tells nothing, reads on, and writes again when the disk does', async () => {
    const { metadata } = await rest.ok('GET', configMaps);
    const watch = await openWatch(rest, `${configMaps}?watch=true&resourceVersion=${metadata.resourceVersion}`);
    const kept: KubeJson[] = [];
    for (let outage = 0; outage < 3; outage++) {
      kept.push((await create(`before-${outage}`)).json());
      // The first outages leave room for part of a commit, the last for nothing at all.
      limitFiles(server, outage === 2 ? 1 : 600_000);
      const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => create(`during-${outage}-${i}`)));
      const refused = answers.filter(({ status }) => status !== 201);
      kept.push(...answers.filter(({ status }) => status === 201).map((answer) => answer.json()));
      expect(refused.length).toBeGreaterThan(0);
      for (const answer of refused) {
        expect([answer.status, answer.json().reason]).toEqual([500, 'InternalError']);
        expect(answer.json().message).toContain('writing failed');
      }
      const { items } = await rest.ok('GET', configMaps);
      expect(
        items
          .map(({ metadata: { name } }) => name)
          .filter((name) => name !== 'kube-root-ca.crt')
          .sort(),
      ).toEqual(kept.map(({ metadata: { name } }) => name).sort());
      limitFiles(server, 'unlimited');
      kept.push((await create(`after-${outage}`)).json());
    }
    await watch.named('ADDED', 'after-2');
    expect(watch.events.map(({ object }) => object.metadata.name)).toEqual(
      kept
        .sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
        .map((object) => object.metadata.name),
    );
    await server.end('SIGKILL');
    const snapshot = StoreSnapshot.ofDead(server.rootDirectory);
    expect(snapshot.faults()).toEqual([]);
    snapshot.close();
  });

  it('has its controllers finish what they could not, once the disk is back', async () => {
    const workspaces = '/apis/tenancy.kcp.io/v1alpha1/workspaces';
    for (const name of ['top', 'other']) await rest.ok('POST', workspaces, { metadata: { name } });
    await rest.at('root:top').ok('POST', workspaces, { metadata: { name: 'child' } });
    await rest.ok('DELETE', `${workspaces}/top`);
    limitFiles(server, 1);
    expect((await rest.delete(`${workspaces}/other`)).status).toBe(500);
    limitFiles(server, 'unlimited');
    await eventually(async () => (await rest.get(`${workspaces}/top`)).status === 404, { what: 'the deletion' });
    expect((await rest.get(`${workspaces}/other`)).json().metadata.deletionTimestamp).toBeUndefined();
  });
});
