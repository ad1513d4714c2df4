import { once } from 'node:events';
import https from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CanopyProcess } from '../harness/canopy-process.ts';
import { within } from '../harness/poll.ts';
import { Rest } from '../harness/rest.ts';
import { openWatch, WatchStream } from '../harness/watch-stream.ts';

let server: CanopyProcess;
let rest: Rest;

beforeAll(async () => {
  server = await CanopyProcess.start();
  rest = Rest.connect(server, 'root');
});
afterAll(async () => {
  rest.close();
  await server.dispose();
});

/** A namespace for one test, and the path of its config maps. */
async function collection(name: string): Promise<string> {
  await rest.ok('POST', '/api/v1/namespaces', { metadata: { name } });
  return `/api/v1/namespaces/${name}/configmaps`;
}

const own = 'metadata.name!=kube-root-ca.crt';

function put(
  path: string,
  name: string,
  data: Record<string, string>,
  labels?: Record<string, string>,
): Promise<unknown> {
  return rest.ok('PUT', `${path}/${name}`, { metadata: { name, labels }, data });
}

function make(path: string, name: string, labels?: Record<string, string>): ReturnType<Rest['ok']> {
  return rest.ok('POST', path, { metadata: { name, labels }, data: { n: '0' } });
}

function versions(watch: WatchStream): number[] {
  return watch.events.map((event) => Number(event.object.metadata.resourceVersion));
}

describe('a watch', () => {
  it('without a resource version starts with what is there and goes on', async () => {
    const path = await collection('from-now');
    await make(path, 'before');
    const watch = await openWatch(rest, `${path}?watch=true&fieldSelector=${own}`);
    await watch.named('ADDED', 'before');
    await put(path, 'before', { n: '1' });
    await make(path, 'after');
    await rest.ok('DELETE', `${path}/before`);
    await watch.named('DELETED', 'before');
    expect(watch.events.map((event) => [event.type, event.object.metadata.name])).toEqual([
      ['ADDED', 'before'],
      ['MODIFIED', 'before'],
      ['ADDED', 'after'],
      ['DELETED', 'before'],
    ]);
    expect(versions(watch)).toEqual([...versions(watch)].sort((a, b) => a - b));
    watch.close();
  });

  it('from "0" starts with what is there', async () => {
    const path = await collection('from-zero');
    await make(path, 'before');
    const watch = await openWatch(rest, `${path}?watch=true&resourceVersion=0&fieldSelector=${own}`);
    await watch.named('ADDED', 'before');
    watch.close();
  });

  it('from a list begins exactly behind it', async () => {
    const path = await collection('from-list');
    await make(path, 'before');
    const list = await rest.ok('GET', path);
    await make(path, 'between');
    const watch = await openWatch(
      rest,
      `${path}?watch=true&resourceVersion=${list.metadata.resourceVersion}&fieldSelector=${own}`,
    );
    await watch.named('ADDED', 'between');
    expect(watch.events).toHaveLength(1);
    watch.close();
  });

  it('from something that is no resource version is refused', async () => {
    await expect(openWatch(rest, '/api/v1/configmaps?watch=true&resourceVersion=not-a-number')).rejects.toThrow(/400/);
  });

  it('from the future is told to come back', async () => {
    const answer = await rest.get('/api/v1/configmaps?watch=true&resourceVersion=999999999');
    expect(answer.json()).toMatchObject({
      kind: 'Status',
      code: 504,
      reason: 'Timeout',
      message: expect.stringMatching(/Too large resource version/),
    });
    expect(answer.json().details).toMatchObject({ retryAfterSeconds: 1 });
  });

  it('with sendInitialEvents marks where the initial state ends', async () => {
    const path = await collection('initial');
    await make(path, 'one');
    await make(path, 'two');
    const query = 'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const watch = await openWatch(rest, `${path}?${query}&fieldSelector=${own}`);
    const mark = await watch.next((event) => event.type === 'BOOKMARK', 'the bookmark');
    expect(mark.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
    expect(mark.object).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1' });
    const list = await rest.ok('GET', path);
    expect(mark.object.metadata.resourceVersion).toBe(list.metadata.resourceVersion);
    expect(watch.events.map((event) => event.type)).toEqual(['ADDED', 'ADDED', 'BOOKMARK']);
    watch.close();
  });

  it('ends after timeoutSeconds, with a last bookmark for those who want one', async () => {
    const path = await collection('timeout');
    const list = await rest.ok('GET', path);
    const watch = await openWatch(
      rest,
      `${path}?watch=true&timeoutSeconds=1&allowWatchBookmarks=true&resourceVersion=${list.metadata.resourceVersion}`,
    );
    await watch.end();
    const last = watch.events.at(-1);
    expect(last?.type).toBe('BOOKMARK');
    expect(Number(last?.object.metadata.resourceVersion)).toBeGreaterThanOrEqual(Number(list.metadata.resourceVersion));
  });

  it('with a selector sees objects enter and leave it', async () => {
    const path = await collection('selector');
    const watch = await openWatch(rest, `${path}?watch=true&labelSelector=color%3Dred`);
    await make(path, 'a', { color: 'blue' });
    await put(path, 'a', { n: '1' }, { color: 'red' });
    await put(path, 'a', { n: '2' }, { color: 'red' });
    await put(path, 'a', { n: '3' }, { color: 'blue' });
    await put(path, 'a', { n: '4' }, { color: 'red' });
    await rest.ok('DELETE', `${path}/a`);
    await watch.next((event) => event.type === 'DELETED' && event.object.data?.n === '4', 'the last event');
    expect(watch.events.map((event) => event.type)).toEqual(['ADDED', 'MODIFIED', 'DELETED', 'ADDED', 'DELETED']);
    expect(versions(watch)).toEqual([...new Set(versions(watch))].sort((a, b) => a - b));
    watch.close();
  });

  it('of one name sees no other, by field selector and by path', async () => {
    const path = await collection('one-name');
    const byField = await openWatch(rest, `${path}?watch=true&fieldSelector=metadata.name%3Dwanted`);
    const byPath = await openWatch(rest, `/api/v1/watch/namespaces/one-name/configmaps/wanted`);
    await make(path, 'unwanted');
    await make(path, 'wanted');
    for (const watch of [byField, byPath]) {
      await watch.named('ADDED', 'wanted');
      expect(watch.events).toHaveLength(1);
      watch.close();
    }
  });

  it('of metadata alone gets nothing else', async () => {
    const path = await collection('partial');
    const accept = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
    const watch = await openWatch(rest, `${path}?watch=true&fieldSelector=${own}`, { accept });
    await make(path, 'a');
    const { object } = await watch.named('ADDED', 'a');
    expect(object).toMatchObject({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' });
    expect(object).not.toHaveProperty('data');
    watch.close();
  });

  it('over HTTP/1.1 sees the same events', async () => {
    const path = await collection('http1');
    const agent = new https.Agent({ ca: server.ca });
    const headers = { authorization: `Bearer ${server.adminToken()}` };
    const request = https.get(`${server.url}/clusters/root${path}?watch=true&fieldSelector=${own}`, { agent, headers });
    const [response] = (await once(request, 'response')) as [import('node:http').IncomingMessage];
    expect(response.headers['transfer-encoding']).toBe('chunked');
    const watch = new WatchStream(response, () => request.destroy());
    const h2 = await openWatch(rest, `${path}?watch=true&fieldSelector=${own}`);
    await make(path, 'a');
    await rest.ok('DELETE', `${path}/a`);
    await watch.named('DELETED', 'a');
    await h2.named('DELETED', 'a');
    expect(watch.events).toEqual(h2.events);
    watch.close();
    h2.close();
    agent.destroy();
  });
});

describe('many watches', () => {
  it('that go away leave the server and the others alone', async () => {
    const path = await collection('gone');
    const leaving = Rest.connect(server, 'root');
    await Promise.all(Array.from({ length: 50 }, () => openWatch(leaving, `${path}?watch=true`)));
    const staying = await openWatch(rest, `${path}?watch=true&fieldSelector=${own}`);
    leaving.close();
    for (let i = 0; i < 20; i++) await make(path, `m${i}`);
    await staying.named('ADDED', 'm19');
    expect(staying.events).toHaveLength(20);
    staying.close();
  });

  it('do not wait for a reader that does not read: it is cut off', async () => {
    const path = await collection('slow');
    const slowClient = Rest.connect(server, 'root');
    const slow = slowClient.open('GET', `${path}?watch=true`);
    slow.on('error', () => undefined);
    await once(slow, 'response');
    const cut = once(slow, 'close');
    slow.pause();
    const quick = await openWatch(rest, `${path}?watch=true&fieldSelector=${own}`);
    const large = 'x'.repeat(500_000);
    for (let i = 0; i < 40; i++) await rest.ok('POST', path, { metadata: { name: `large-${i}` }, data: { large } });
    await quick.named('ADDED', 'large-39');
    expect(quick.events).toHaveLength(40);
    slow.resume();
    await within(20_000, 'the cut', cut);
    expect(slow.rstCode).not.toBe(0);
    quick.close();
    slowClient.close();
  });

  it('that missed more than a reader may leave unread get it at the pace at which they read', async () => {
    const path = await collection('behind');
    const list = await rest.ok('GET', path);
    const large = 'x'.repeat(500_000);
    for (let i = 0; i < 40; i++) await rest.ok('POST', path, { metadata: { name: `large-${i}` }, data: { large } });
    const client = Rest.connect(server, 'root');
    for (const query of [`resourceVersion=${list.metadata.resourceVersion}`, 'resourceVersion=0']) {
      const stream = client.open('GET', `${path}?watch=true&fieldSelector=${own}&${query}`);
      await once(stream, 'response');
      // It reads nothing while more than its bound is waiting for it, and while something new happens.
      await rest.ok('PATCH', `${path}/large-0`, { data: { query } });
      const watch = new WatchStream(stream, () => stream.close());
      await watch.named('MODIFIED', 'large-0');
      expect(watch.events.filter((event) => event.type === 'ADDED')).toHaveLength(40);
      watch.close();
    }
    client.close();
  });

  it('that resume again and again see every change once, in order, under concurrent writers', async () => {
    const path = await collection('resume');
    const list = await rest.ok('GET', path);
    const writers = 8;
    const each = 40;
    let running = true;
    const writing = Promise.all(
      Array.from({ length: writers }, async (_, w) => {
        const made = await make(path, `w${w}`);
        const seen = [made.metadata.resourceVersion];
        for (let i = 1; i < each; i++) {
          const changed = await rest.ok('PATCH', `${path}/w${w}`, { data: { n: String(i) } });
          seen.push(changed.metadata.resourceVersion);
        }
        return seen;
      }),
    ).finally(() => {
      running = false;
    });
    const seen: string[] = [];
    let last = list.metadata.resourceVersion;
    const takeFrom = async (atLeast: number): Promise<void> => {
      const client = Rest.connect(server, 'root');
      const watch = await openWatch(client, `${path}?watch=true&resourceVersion=${last}&fieldSelector=${own}`);
      await watch.next((_event) => watch.events.length >= atLeast, `${atLeast} events`);
      for (const event of watch.events) seen.push(event.object.metadata.resourceVersion);
      last = seen.at(-1) as string;
      client.close();
    };
    while (running && seen.length + 30 < writers * each) await takeFrom(7);
    const wanted = (await writing).flat().sort((a, b) => Number(a) - Number(b));
    if (seen.length < wanted.length) await takeFrom(wanted.length - seen.length);
    expect(seen).toEqual(wanted);
  });
});

describe('a list', () => {
  it('in pages is one consistent picture', async () => {
    const path = await collection('pages');
    for (let i = 0; i < 7; i++) await make(path, `p${i}`);
    const first = await rest.ok('GET', `${path}?limit=3&fieldSelector=${own}`);
    await make(path, 'p00-late');
    await rest.ok('DELETE', `${path}/p6`);
    const names = first.items.map((item) => item.metadata.name);
    let page = first;
    while (page.metadata.continue) {
      page = await rest.ok(
        'GET',
        `${path}?limit=3&fieldSelector=${own}&continue=${encodeURIComponent(page.metadata.continue)}`,
      );
      expect(page.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
      names.push(...page.items.map((item) => item.metadata.name));
    }
    expect(names).toEqual(['p0', 'p1', 'p2', 'p3', 'p4', 'p5', 'p6']);
  });

  it('at an exact resource version is as it was then', async () => {
    const path = await collection('exact');
    const { metadata } = await make(path, 'a');
    await rest.ok('DELETE', `${path}/a`);
    const query = `resourceVersion=${metadata.resourceVersion}&resourceVersionMatch=Exact&fieldSelector=${own}`;
    const then = await rest.ok('GET', `${path}?${query}`);
    expect(then.items.map((item) => item.metadata.name)).toEqual(['a']);
    expect(then.metadata.resourceVersion).toBe(metadata.resourceVersion);
    expect((await rest.ok('GET', `${path}?fieldSelector=${own}`)).items).toEqual([]);
  });

  it('that may not be older than the future is told to come back', async () => {
    const answer = await rest.get('/api/v1/configmaps?resourceVersion=999999999&resourceVersionMatch=NotOlderThan');
    expect([answer.status, answer.json().reason]).toEqual([504, 'Timeout']);
  });
});
