import { describe, expect, it } from 'vitest';
import { CanopyProcess } from '../harness/canopy-process.ts';
import { eventually } from '../harness/poll.ts';
import { Rest } from '../harness/rest.ts';
import { openWatch, type WatchStream } from '../harness/watch-stream.ts';

const writers = 16;
const rounds = 3;
const path = '/api/v1/namespaces/default/configmaps';

interface Acknowledged {
  name: string;
  resourceVersion: number;
}

/** Creates config maps until the connection breaks; returns those that were acknowledged. */
async function writeUntilCut(server: CanopyProcess, prefix: string, done: Acknowledged[]): Promise<void> {
  const rest = Rest.connect(server, 'root');
  try {
    for (let i = 0; ; i++) {
      const name = `${prefix}-${i}`;
      const made = await rest.ok('POST', path, {
        metadata: { name, labels: { load: 'yes' } },
        data: { text: 'x'.repeat(500) },
      });
      done.push({ name, resourceVersion: Number(made.metadata.resourceVersion) });
    }
  } catch {
    // The server was killed under the request.
  } finally {
    rest.close();
  }
}

function seenBy(watch: WatchStream): Acknowledged[] {
  return watch.events.map(({ object }) => ({
    name: object.metadata.name,
    resourceVersion: Number(object.metadata.resourceVersion),
  }));
}

describe('a server killed under the load of 16 writers', () => {
  it(`loses nothing that it acknowledged, ${rounds} times in a row, and watches resume without gap or duplicate`, async () => {
    const server = await CanopyProcess.start();
    const done: Acknowledged[] = [];
    const watched: Acknowledged[] = [];
    try {
      for (let round = 0; round < rounds; round++) {
        const before = done.length;
        const client = Rest.connect(server, 'root');
        const from = watched.at(-1)?.resourceVersion ?? Number((await client.ok('GET', path)).metadata.resourceVersion);
        const watch = await openWatch(client, `${path}?watch=true&labelSelector=load%3Dyes&resourceVersion=${from}`);
        const writing = Promise.all(
          Array.from({ length: writers }, (_, w) => writeUntilCut(server, `r${round}-w${w}`, done)),
        );
        await eventually(() => done.length - before > 300 && watch.events.length > 100, { what: 'enough load' });
        await server.end('SIGKILL');
        await writing;
        client.close();
        watched.push(...seenBy(watch));
        await server.startAgain();
        await expectEverything(server, done);
      }
      const client = Rest.connect(server, 'root');
      const last = watched.at(-1)?.resourceVersion;
      const list = await client.ok('GET', `${path}?labelSelector=load%3Dyes`);
      const watch = await openWatch(client, `${path}?watch=true&labelSelector=load%3Dyes&resourceVersion=${last}`);
      await eventually(() => watched.length + watch.events.length >= list.items.length, {
        what: 'the rest of the events',
      });
      watched.push(...seenBy(watch));
      client.close();
      const stored = list.items.map((item) => ({
        name: item.metadata.name,
        resourceVersion: Number(item.metadata.resourceVersion),
      }));
      expect(watched).toEqual(stored.sort((a, b) => a.resourceVersion - b.resourceVersion));
    } finally {
      await server.dispose();
    }
  });
});

/** Every acknowledged object is there as it was answered, and the next resource version is larger than all of them. */
async function expectEverything(server: CanopyProcess, done: readonly Acknowledged[]): Promise<void> {
  const rest = Rest.connect(server, 'root');
  const list = await rest.ok('GET', `${path}?labelSelector=load%3Dyes`);
  const stored = new Map(list.items.map((item) => [item.metadata.name, Number(item.metadata.resourceVersion)]));
  const missing = done.filter(({ name, resourceVersion }) => stored.get(name) !== resourceVersion);
  expect(missing).toEqual([]);
  const largest = Math.max(...done.map(({ resourceVersion }) => resourceVersion));
  expect(Number(list.metadata.resourceVersion)).toBeGreaterThanOrEqual(largest);
  rest.close();
}
