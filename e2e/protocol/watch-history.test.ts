import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CanopyProcess } from '../harness/canopy-process.ts';
import { eventually } from '../harness/poll.ts';
import { Rest } from '../harness/rest.ts';
import { openWatch } from '../harness/watch-stream.ts';

const path = '/api/v1/namespaces/default/configmaps';
let server: CanopyProcess;
let rest: Rest;

beforeAll(async () => {
  server = await CanopyProcess.start({ flags: ['--history-changes', '5', '--history-seconds', '1'] });
  rest = Rest.connect(server, 'root');
});
afterAll(async () => {
  rest?.close();
  await server?.dispose();
});

async function change(times: number): Promise<void> {
  for (let i = 0; i < times; i++)
    await rest.ok('PUT', `${path}/changing`, { metadata: { name: 'changing' }, data: { n: String(i) } });
}

describe('a resource version whose history is gone', () => {
  let old = '';
  let nextPage = '';
  beforeAll(async () => {
    await rest.ok('POST', path, { metadata: { name: 'changing' } });
    const list = await rest.ok('GET', `${path}?limit=1`);
    old = list.metadata.resourceVersion as string;
    nextPage = encodeURIComponent(list.metadata.continue as string);
    await change(20);
    await eventually(async () => {
      const { status } = await rest.get(`${path}?resourceVersion=${old}&resourceVersionMatch=Exact`);
      return status === 410;
    });
  });

  it('is an error event to a watch, which then ends', async () => {
    for (const query of ['', '&allowWatchBookmarks=true']) {
      const watch = await openWatch(rest, `${path}?watch=true&resourceVersion=${old}${query}`);
      await watch.end();
      expect(watch.events).toMatchObject([
        {
          type: 'ERROR',
          object: { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 410, reason: 'Expired' },
        },
      ]);
      const [, asked, oldest] =
        /^too old resource version: (\d+) \((\d+)\)$/.exec(watch.events[0]?.object.message ?? '') ?? [];
      expect(asked).toBe(old);
      expect(Number(oldest)).toBeGreaterThan(Number(old));
      const possible = await openWatch(rest, `${path}?watch=true&resourceVersion=${oldest}`);
      await possible.named('MODIFIED', 'changing');
      possible.close();
    }
  });

  it('is a status to a list of that version and to the next page of an old list', async () => {
    const exact = await rest.get(`${path}?resourceVersion=${old}&resourceVersionMatch=Exact`);
    const next = await rest.get(`${path}?limit=1&continue=${nextPage}`);
    for (const answer of [exact, next]) {
      expect(answer.status).toBe(410);
      expect(answer.json()).toMatchObject({ kind: 'Status', code: 410, reason: 'Expired' });
    }
    expect(exact.json().message).toBe('The resourceVersion for the provided list is too old.');
    expect(next.json().message).toMatch(
      /^The provided continue parameter is too old to display a consistent list result\./,
    );
  });

  it('has the next page of an old list offer to go on with what is there now', async () => {
    const refused = (await rest.get(`${path}?limit=1&continue=${nextPage}`)).json();
    const rest1 = await rest.ok(
      'GET',
      `${path}?limit=1&continue=${encodeURIComponent(refused.metadata.continue as string)}`,
    );
    const whole = await rest.ok('GET', path);
    expect(rest1.items.map(({ metadata }) => metadata.name)).toEqual([whole.items[1]?.metadata.name]);
    expect(rest1.metadata.resourceVersion).toBe(whole.metadata.resourceVersion);
  });

  it('serves a list that only asks for nothing older', async () => {
    const list = await rest.ok('GET', `${path}?resourceVersion=${old}&resourceVersionMatch=NotOlderThan`);
    expect(Number(list.metadata.resourceVersion)).toBeGreaterThan(Number(old));
  });

  it('serves a watch that asks for the present state first', async () => {
    const query = `watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=${old}`;
    const watch = await openWatch(rest, `${path}?${query}&allowWatchBookmarks=true`);
    await watch.named('ADDED', 'changing');
    await watch.next((event) => event.type === 'BOOKMARK', 'the mark of the end');
    watch.close();
  });

  it('does not touch watches that are up to date, however old their beginning', async () => {
    const now = (await rest.ok('GET', path)).metadata.resourceVersion as string;
    const watch = await openWatch(rest, `${path}?watch=true&resourceVersion=${now}`);
    await change(20);
    await eventually(async () => {
      const { status } = await rest.get(`${path}?resourceVersion=${now}&resourceVersionMatch=Exact`);
      return status === 410;
    });
    await rest.ok('POST', path, { metadata: { name: 'last' } });
    await watch.named('ADDED', 'last');
    expect(watch.events).toHaveLength(21);
    watch.close();
  });
});

describe('the options of a watch', () => {
  it.each([
    ['sendInitialEvents=true', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'],
    [
      'sendInitialEvents=true&resourceVersionMatch=Exact&resourceVersion=1',
      'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    ],
    [
      'resourceVersionMatch=NotOlderThan&resourceVersion=1',
      'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    ],
  ])('%s is invalid', async (query, words) => {
    const answer = await rest.get(`${path}?watch=true&${query}`);
    expect([answer.status, answer.json().reason]).toEqual([422, 'Invalid']);
    expect(answer.json().message).toContain(words);
  });

  it('leave out what is there when sendInitialEvents is false', async () => {
    const query = 'watch=true&sendInitialEvents=false&resourceVersionMatch=NotOlderThan';
    const watch = await openWatch(rest, `${path}?${query}`);
    await rest.ok('POST', path, { metadata: { name: 'from-now-on' } });
    await watch.named('ADDED', 'from-now-on');
    expect(watch.events).toHaveLength(1);
    watch.close();
  });

  it('cannot ask for the state of the future', async () => {
    const query = 'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=999999999';
    expect((await rest.get(`${path}?${query}`)).json()).toMatchObject({ code: 504, reason: 'Timeout' });
  });
});

describe('a watch in table form', () => {
  it('has the columns with its first event only, and bookmarks with the metadata in a row', async () => {
    const query = 'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const accept = 'application/json;as=Table;g=meta.k8s.io;v=v1';
    const watch = await openWatch(rest, `${path}?${query}&fieldSelector=metadata.name=changing`, { accept });
    await rest.ok('PATCH', `${path}/changing`, { data: { table: 'yes' } });
    await watch.next((event) => event.type === 'MODIFIED', 'the change');
    watch.close();
    const [first, mark, change] = watch.events as unknown as { object: Record<string, unknown> }[];
    expect(first?.object).toMatchObject({
      kind: 'Table',
      columnDefinitions: [{ name: 'Name' }, { name: 'Data' }, { name: 'Age' }],
      rows: [{ object: { kind: 'PartialObjectMetadata', metadata: { name: 'changing' } } }],
    });
    expect(mark).toMatchObject({
      type: 'BOOKMARK',
      object: {
        kind: 'Table',
        apiVersion: 'meta.k8s.io/v1',
        rows: [
          {
            cells: [],
            object: {
              kind: 'PartialObjectMetadata',
              metadata: {
                resourceVersion: expect.stringMatching(/^\d+$/),
                annotations: { 'k8s.io/initial-events-end': 'true' },
              },
            },
          },
        ],
      },
    });
    expect(change).toMatchObject({ type: 'MODIFIED', object: { kind: 'Table', columnDefinitions: null } });
  });
});

describe('a watch in a workspace', () => {
  it('sees the deletions of its objects and ends when the workspace is gone', async () => {
    const workspaces = '/apis/tenancy.kcp.io/v1alpha1/workspaces';
    await rest.ok('POST', workspaces, {
      apiVersion: 'tenancy.kcp.io/v1alpha1',
      kind: 'Workspace',
      metadata: { name: 'leaving' },
      spec: { type: { name: 'universal', path: 'root' } },
    });
    await eventually(async () => {
      const { status } = (await rest.ok('GET', `${workspaces}/leaving`)) as unknown as { status?: { phase?: string } };
      return status?.phase === 'Ready';
    });
    const inside = Rest.connect(server, 'root:leaving');
    await eventually(() => inside.ok('POST', path, { metadata: { name: 'within' } }));
    const watch = await openWatch(inside, `${path}?watch=true&fieldSelector=metadata.name=within`);
    await watch.named('ADDED', 'within');
    await rest.ok('DELETE', `${workspaces}/leaving`);
    await watch.end();
    expect(watch.events.map(({ type }) => type)).toEqual(['ADDED', 'DELETED']);
    inside.close();
  });
});
