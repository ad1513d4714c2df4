import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CanopyProcess, canopy } from '../harness/canopy-process.ts';
import { eventually } from '../harness/poll.ts';
import { type KubeJson, Rest } from '../harness/rest.ts';
import { openWatch } from '../harness/watch-stream.ts';
import { type SmallDisk, smallDisk, smallDiskMissing } from './small-disk.ts';
import { StoreSnapshot } from './store-snapshot.ts';

const missing = smallDiskMissing();
if (missing !== undefined) process.stderr.write(`skipped, a full disk: ${missing}\n`);
const mebibyte = 1024 * 1024;
const configMaps = '/api/v1/namespaces/default/configmaps';

describe.skipIf(missing !== undefined && process.env['CI'] === undefined)('a server whose disk is full', () => {
  let disk: SmallDisk;
  let server: CanopyProcess;
  let rest: Rest;
  beforeEach(async () => {
    disk = smallDisk(28);
    disk.occupy(12 * mebibyte);
    server = await CanopyProcess.start({
      rootDirectory: path.join(disk.path, 'state'),
      flags: ['--audit-log-path', path.join(disk.path, 'audit.log')],
    });
    rest = Rest.connect(server, 'root');
  });
  afterEach(async () => {
    rest.close();
    await server.dispose();
    disk.remove();
  });

  /** Eight writers at once, each until it is refused; answers with what was acknowledged. */
  async function fill(): Promise<KubeJson[]> {
    const kept: KubeJson[] = [];
    const writer = async (id: number): Promise<void> => {
      for (let i = 0; ; i++) {
        const body = { metadata: { name: `filler-${id}-${i}` }, data: { text: 'x'.repeat(60_000 + i) } };
        const answer = await rest.post(configMaps, body);
        if (answer.status === 201) kept.push(answer.json());
        else {
          expect([answer.status, answer.json().reason]).toEqual([507, 'InternalError']);
          expect(answer.json().message).toBe('the store is full; nothing was written');
          return;
        }
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, id) => writer(id)));
    return kept;
  }

  it('refuses writes clearly, reads and watches on, loses nothing, and writes again when there is space', async () => {
    const { metadata } = await rest.ok('GET', configMaps);
    const watch = await openWatch(rest, `${configMaps}?watch=true&resourceVersion=${metadata.resourceVersion}`);
    const kept = await fill();
    expect(kept.length).toBeGreaterThan(50);
    const refused = await rest.post(configMaps, { metadata: { name: 'too-much' }, data: { text: 'y'.repeat(60_000) } });
    expect(refused.status).toBe(507);
    const { items } = await rest.ok('GET', configMaps);
    const found = new Map(items.map((item) => [item.metadata.name, item.metadata.resourceVersion]));
    for (const object of kept) expect(found.get(object.metadata.name)).toBe(object.metadata.resourceVersion);
    expect(items.filter((item) => item.metadata.name.startsWith('filler-'))).toHaveLength(kept.length);
    await eventually(() => watch.events.length >= kept.length, { what: 'the events' });

    disk.free();
    const after = await eventually<KubeJson>(async () => {
      const answer = await rest.post(configMaps, { metadata: { name: 'after' } });
      return answer.status === 201 ? answer.json() : undefined;
    });
    expect((await watch.named('ADDED', 'after')).object.metadata.uid).toBe(after.metadata.uid);
    expect(watch.events.map(({ object }) => object.metadata.name)).toHaveLength(kept.length + 1);
    expect((await rest.delete(`${configMaps}/filler-0-0`)).status).toBe(200);
    await server.end('SIGKILL');
    const snapshot = StoreSnapshot.ofDead(server.rootDirectory);
    expect(snapshot.faults()).toEqual([]);
    snapshot.close();
  });

  it('is told apart at a start in one line, and starts when there is space', async () => {
    const kept = await fill();
    await server.end('SIGKILL');
    disk.occupyRest();
    const second = await canopy(['start', '--root-directory', server.rootDirectory, '--secure-port', '0']);
    expect(second.stderr).toMatch(/^canopy: [^\n]*(full|ENOSPC)[^\n]*\n$/i);
    expect(second.code).toBe(2);
    disk.free();
    await server.startAgain();
    const again = Rest.connect(server, 'root');
    const { items } = await again.ok('GET', configMaps);
    expect(items.filter((item) => item.metadata.name.startsWith('filler-'))).toHaveLength(kept.length);
    again.close();
  });

  it('writes its audit log again when there is space, a line per event', async () => {
    await fill();
    for (let i = 0; i < 100; i++) await rest.get(`${configMaps}/on-a-full-disk-${i}`);
    disk.free();
    const log = path.join(disk.path, 'audit.log');
    await eventually(async () => {
      await rest.get(`${configMaps}/marker`);
      return readFileSync(log, 'utf8').includes('configmaps/marker');
    });
    const lines = readFileSync(log, 'utf8').split('\n').slice(0, -1);
    const torn = lines.filter((line) => !line.endsWith('}'));
    expect(torn.length).toBeLessThanOrEqual(1);
    for (const line of lines) if (!torn.includes(line)) expect(JSON.parse(line)).toMatchObject({ kind: 'Event' });
  });
});
