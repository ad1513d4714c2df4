import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http2, { type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CanopyProcess } from '../harness/canopy-process.ts';
import { eventually, within } from '../harness/poll.ts';
import { Rest } from '../harness/rest.ts';
import { anonymousGet, endHeaders, endStream, frame, frameType, RawHttp2 } from './raw-http2.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';
const mebibyte = 1 << 20;

function connect(server: CanopyProcess, settings: http2.Settings = {}): ClientHttp2Session {
  const session = http2.connect(server.url, { ca: server.ca, settings, maxSessionMemory: 1000 });
  session.on('error', () => undefined);
  return session;
}

/** The most memory that the server has had, in bytes. Source: proc(5). */
function peakMemory({ pid }: CanopyProcess): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}

function rootRest(server: CanopyProcess, session: ClientHttp2Session): Rest {
  return new Rest([session], '/clusters/root', { authorization: `Bearer ${server.adminToken()}` });
}

/** Asks for the health of the server on another connection as long as something goes on. */
async function servedMeanwhile<T>(rest: Rest, work: Promise<T>): Promise<T> {
  let done = false;
  const finished = work.finally(() => {
    done = true;
  });
  finished.catch(() => undefined);
  while (!done) {
    const answer = await within(10_000, 'an answer to another client', rest.get(`${configMaps}/kube-root-ca.crt`));
    expect(answer.status).toBe(200);
    await sleep(20);
  }
  return finished;
}

describe('a server under load over HTTP/2', () => {
  let server: CanopyProcess;
  let rest: Rest;
  beforeAll(async () => {
    server = await CanopyProcess.start();
    rest = Rest.connect(server, 'root', { token: server.adminToken('shard-admin') });
    await eventually(async () => (await rest.get(`${configMaps}/kube-root-ca.crt`)).status === 200);
  });
  afterEach(() => expect(server.stderr).toBe(''));
  afterAll(async () => {
    rest.close();
    await server.dispose();
  });

  it('answers each of a hundred large bodies on one connection, in bounded memory', async () => {
    const before = peakMemory(server);
    const session = connect(server);
    const client = rootRest(server, session);
    const space = ' '.repeat(2.9 * mebibyte);
    const bodies = Array.from({ length: 100 }, (_, i) =>
      client.post(configMaps, `{"metadata":{"name":"large-${i}"}${space}}`),
    );
    const answers = await servedMeanwhile(rest, Promise.all(bodies));
    session.destroy();
    const made = answers.flatMap(({ status }, i) => (status === 201 ? [`large-${i}`] : []));
    for (const { status, headers } of answers.filter(({ status }) => status !== 201))
      expect([status, headers['retry-after']]).toEqual([429, '1']);
    expect(made.length).toBeGreaterThan(10);
    for (const name of made) expect((await rest.delete(`${configMaps}/${name}`)).status).toBe(200);
    expect(peakMemory(server) - before).toBeLessThan(700 * mebibyte);
  });

  it('tells five thousand watches on six connections of one event', async () => {
    const sessions = Array.from({ length: 6 }, () => connect(server));
    const texts: string[] = [];
    const told = (what: string) => (): boolean => texts.every((text) => text.includes(what));
    const path = `/clusters/root${configMaps}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`;
    const headers = { ':path': path, authorization: `Bearer ${server.adminToken()}` };
    for (const [i, session] of sessions.entries()) {
      for (let k = 0; k < (i === 5 ? 830 : 834); k++) {
        const stream = session.request(headers);
        const at = texts.push('') - 1;
        stream.on('data', (chunk: Buffer) => {
          texts[at] += chunk.toString();
        });
        stream.on('error', () => undefined);
      }
      const begun = eventually(told('initial-events-end'), { within: 60_000, what: 'the first bookmarks' });
      await servedMeanwhile(rest, begun);
    }
    expect(texts).toHaveLength(5000);
    expect((await rest.post(configMaps, { metadata: { name: 'for-everybody' } })).status).toBe(201);
    await servedMeanwhile(rest, eventually(told('for-everybody'), { within: 60_000, what: 'the event' }));
    for (const session of sessions) session.destroy();
  });

  const flood = (peer: RawHttp2, next: (i: number) => Buffer): void => {
    const more = (i: number): void => {
      if (peer.closed || peer.goAway !== undefined) return;
      peer.send(...Array.from({ length: 100 }, (_, k) => next(i + k)));
      setImmediate(more, i + 100);
    };
    more(0);
  };
  const get = (i: number): Buffer => frame(frameType.headers, endStream | endHeaders, 2 * i + 1, anonymousGet);
  it.each<[string, (peer: RawHttp2) => void, number | undefined]>([
    ['floods it with settings', (peer) => flood(peer, () => frame(frameType.settings, 0, 0)), 11],
    [
      'takes back its requests without end',
      (peer) =>
        flood(peer, (i) => Buffer.concat([get(i), frame(frameType.resetStream, 0, 2 * i + 1, Buffer.alloc(4))])),
      11,
    ],
    [
      'never ends its headers',
      (peer) => {
        peer.send(frame(frameType.headers, 0, 1, anonymousGet));
        flood(peer, () => frame(frameType.continuation, 0, 1, Buffer.alloc(1000, 0x88)));
      },
      11,
    ],
    [
      'drips its headers',
      (peer) => {
        const block = frame(frameType.headers, endStream | endHeaders, 1, anonymousGet);
        let at = 0;
        const drip = setInterval(() => {
          if (peer.closed) clearInterval(drip);
          else peer.send(block.subarray(at, ++at));
        }, 500);
      },
      undefined,
    ],
  ])('ends the connection of a client that %s, and serves others meanwhile', async (_what, act, code) => {
    const peer = await RawHttp2.connect(server);
    const ended = once(peer.socket, 'close');
    act(peer);
    await servedMeanwhile(rest, within(30_000, 'the end of the connection', ended));
    expect(peer.goAway).toBe(code);
  });

  it('keeps little for clients that take nothing or next to nothing, and serves others meanwhile', async () => {
    const large = { metadata: { name: 'much' }, data: { text: 'y'.repeat(900_000) } };
    expect((await rest.post(configMaps, large)).status).toBe(201);
    const before = peakMemory(server);
    const sessions = [0, 1].map((initialWindowSize) => connect(server, { initialWindowSize }));
    const streams: ClientHttp2Stream[] = [];
    for (const session of sessions) {
      const client = rootRest(server, session);
      for (let i = 0; i < 900; i++) {
        const stream = client.open('GET', `${configMaps}/much`);
        stream.on('error', () => undefined);
        streams.push(stream);
      }
    }
    const cut = (): ClientHttp2Stream[] => streams.filter(({ rstCode }) => rstCode === 11);
    await servedMeanwhile(
      rest,
      eventually(() => cut().length > 1200, { within: 60_000, what: 'the bound on answers' }),
    );
    expect(streams.filter(({ closed }) => !closed).length).toBeGreaterThan(0);
    const deaf = await RawHttp2.connect(server);
    deaf.socket.pause();
    for (let i = 0; i < 100; i++) deaf.send(...Array.from({ length: 100 }, (_, k) => get(100 * i + k)));
    await servedMeanwhile(rest, sleep(500));
    expect(peakMemory(server) - before).toBeLessThan(600 * mebibyte);
    deaf.close();
    for (const session of sessions) session.destroy();
  });
});

describe('a server that is told to stop while watches are open', () => {
  /** A running server and a client with twenty watches, each with something to read. */
  async function watched(initialWindowSize: number): Promise<{ server: CanopyProcess; streams: ClientHttp2Stream[] }> {
    const server = await CanopyProcess.start();
    const session = connect(server, { initialWindowSize });
    const client = rootRest(server, session);
    const streams = Array.from({ length: 20 }, () => client.open('GET', `${configMaps}?watch=true`));
    for (const stream of streams) stream.on('error', () => undefined).resume();
    await Promise.all(streams.map((stream) => once(stream, 'response')));
    return { server, streams };
  }

  it('ends as soon as its watches are read, and without those that nobody reads', async () => {
    const [read, unread] = await Promise.all([watched(65_535), watched(0)]);
    const order: string[] = [];
    const stop = async (name: string, { server }: typeof read): Promise<void> => {
      expect(await server.end('SIGTERM')).toEqual({ code: 0, signal: null });
      order.push(name);
    };
    const clean = Promise.all(read.streams.map((stream) => once(stream, 'end')));
    await Promise.all([stop('unread', unread), stop('read', read), clean]);
    expect(order).toEqual(['read', 'unread']);
    for (const { server } of [read, unread]) {
      expect(server.stderr).toBe('');
      await server.dispose();
    }
  });
});
