import { describe, expect, it } from 'vitest';
import { ReadingTurns } from '../reading-turns.ts';
import { errorCode } from './connection-error.ts';
import { flag, frameType, numbersFrame, settingsFrame } from './frames.ts';
import type { ServerStream } from './server-stream.ts';
import { answered, bodyOf, firstOf, headerBlock, RawPeer } from './testing/raw-peer.ts';

const { endStream, endHeaders } = flag;

describe('a request', () => {
  it('is handed on with its headers and answered in one piece', async () => {
    const peer = new RawPeer();
    peer.request(1, { ':path': '/a?b', 'x-one': '1' });
    await peer.seen(frameType.settings);
    const stream = firstOf(peer);
    expect({ ...stream.headers }).toMatchObject({ ':method': 'GET', ':path': '/a?b', 'x-one': '1' });
    stream.respond(200, { 'content-type': 'text/plain' }, Buffer.from('hello'));
    expect(await answered(peer)).toBe('hello');
    expect((await peer.seen(frameType.data)).at(-1)?.flags).toBe(endStream);
    expect(stream.destroyed).toBe(true);
  });

  it('may come byte by byte', async () => {
    const peer = new RawPeer({}, false);
    const whole = new RawPeer();
    whole.request(1, {}, 0);
    const block = headerBlock();
    const bytes = Buffer.concat([
      Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
      settingsFrame([]),
      Buffer.from([0, 0, block.length, frameType.headers, endHeaders | endStream, 0, 0, 0, 1]),
      block,
    ]);
    for (const byte of bytes) peer.send(Buffer.from([byte]));
    await peer.seen(frameType.settings);
    expect(peer.streams).toHaveLength(1);
  });

  it('has its headers put together from continuations, and is not interrupted', async () => {
    const peer = new RawPeer();
    const block = headerBlock({ 'x-long': 'y'.repeat(100) });
    peer.frame(frameType.headers, endStream, 1, block.subarray(0, 10));
    peer.frame(frameType.continuation, 0, 1, block.subarray(10, 20));
    peer.frame(frameType.continuation, endHeaders, 1, block.subarray(20));
    await peer.seen(frameType.settings);
    expect(firstOf(peer).headers['x-long']).toBe('y'.repeat(100));
    peer.frame(frameType.headers, endStream, 3, block.subarray(0, 10));
    peer.frame(frameType.ping, 0, 0, Buffer.alloc(8));
    expect(await peer.goAwayCode()).toBe(errorCode.protocol);
  });

  it('has a body, with padding, and trailers that end it', async () => {
    const peer = new RawPeer();
    peer.request(1, { ':method': 'POST' }, 0);
    peer.frame(frameType.data, 0, 1, Buffer.from('ab'));
    peer.frame(frameType.data, flag.padded, 1, Buffer.from('\u0003cd\0\0\0'));
    await peer.seen(frameType.settings);
    const body = bodyOf(firstOf(peer));
    peer.frame(frameType.data, 0, 1, Buffer.from('ef'));
    peer.frame(frameType.headers, endHeaders | endStream, 1, Buffer.from([0x00, 1, 0x61, 1, 0x62]));
    expect(await body).toBe('abcdef');
  });

  it.each<[string, Record<string, string>]>([
    ['a name in upper case', { 'X-One': '1' }],
    ['a field of the connection', { connection: 'close' }],
    ['an unknown pseudo-header', { ':answer': '42' }],
    ['an empty path', { ':path': '' }],
    ['te other than trailers', { te: 'gzip' }],
  ])('with %s is reset, and the connection goes on', async (_what, fields) => {
    const peer = new RawPeer();
    const block = Buffer.concat(
      Object.entries({ ':method': 'GET', ':scheme': 'https', ':path': '/', ...fields }).map(([name, value]) =>
        Buffer.concat([
          Buffer.from([0, name.length]),
          Buffer.from(name),
          Buffer.from([value.length]),
          Buffer.from(value),
        ]),
      ),
    );
    peer.frame(frameType.headers, endHeaders | endStream, 1, block);
    peer.request(3);
    expect(await peer.resetCodes()).toEqual([[1, errorCode.protocol]]);
    expect(peer.streams.map(({ id }) => id)).toEqual([3]);
  });

  it('whose body is not as long as it says is reset', async () => {
    const peer = new RawPeer();
    peer.request(1, { ':method': 'POST', 'content-length': '3' }, 0);
    peer.frame(frameType.data, endStream, 1, Buffer.from('ab'));
    expect(await peer.resetCodes()).toEqual([[1, errorCode.protocol]]);
    expect(await bodyOf(firstOf(peer))).toBe('broken');
  });

  it('with headers that are too large is answered 431, the next one as usual', async () => {
    const peer = new RawPeer();
    const big: Record<string, string> = {};
    for (let i = 0; i < 5; i++) big[`x-${i}`] = 'z'.repeat(14_000);
    const block = headerBlock(big);
    peer.frame(frameType.headers, endStream, 1, block.subarray(0, 16_000));
    for (let at = 16_000; at < block.length; at += 16_000)
      peer.frame(
        frameType.continuation,
        at + 16_000 >= block.length ? endHeaders : 0,
        1,
        block.subarray(at, at + 16_000),
      );
    peer.request(3);
    expect((await peer.seen(frameType.headers)).map(({ stream }) => stream)).toEqual([1]);
    expect(peer.streams.map(({ id }) => id)).toEqual([3]);
  });

  it('beyond the number of streams is refused, to be sent again', async () => {
    const peer = new RawPeer();
    for (const id of [1, 3, 5, 7]) peer.request(id);
    expect(await peer.resetCodes()).toEqual([[7, errorCode.refusedStream]]);
  });

  it('that is answered before its body has come is told to stop sending', async () => {
    const peer = new RawPeer();
    peer.request(1, { ':method': 'POST' }, 0);
    await peer.seen(frameType.settings);
    firstOf(peer).respond(413, {}, Buffer.from('too large'));
    expect(await peer.resetCodes()).toEqual([[1, errorCode.none]]);
    peer.frame(frameType.data, endStream, 1, Buffer.alloc(1000));
    peer.request(3);
    await peer.seen(frameType.settings);
    expect(peer.streams).toHaveLength(2);
  });

  it('that its client takes back closes its stream', async () => {
    const peer = new RawPeer();
    peer.request(1);
    await peer.seen(frameType.settings);
    let closed = 0;
    firstOf(peer).once('close', () => closed++);
    peer.send(numbersFrame({ type: frameType.resetStream, flags: 0, stream: 1 }, errorCode.cancel));
    await peer.seen(frameType.settings);
    expect(closed).toBe(1);
    expect(firstOf(peer).write(Buffer.from('x'))).toBe(false);
  });
});

describe('a connection', () => {
  it.each<[string, (peer: RawPeer) => void, number]>([
    ['a frame that is too large', (peer) => peer.send(Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 1])), errorCode.frameSize],
    ['an even stream', (peer) => peer.request(2), errorCode.protocol],
    ['data of no stream', (peer) => peer.frame(frameType.data, 0, 5), errorCode.protocol],
    ['a continuation of nothing', (peer) => peer.frame(frameType.continuation, 0, 1), errorCode.protocol],
    ['a push', (peer) => peer.frame(frameType.pushPromise, 0, 1), errorCode.protocol],
    [
      'more padding than frame',
      (peer) => {
        peer.request(1, {}, 0);
        peer.frame(frameType.data, flag.padded, 1, Buffer.from([9]));
      },
      errorCode.protocol,
    ],
    [
      'a malformed header block',
      (peer) => peer.frame(frameType.headers, endHeaders, 1, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff])),
      errorCode.compression,
    ],
    [
      'a window beyond all bounds',
      (peer) => peer.send(numbersFrame({ type: frameType.windowUpdate, flags: 0, stream: 0 }, 2 ** 31 - 1)),
      errorCode.flowControl,
    ],
    [
      'settings of a wrong length',
      (peer) => peer.frame(frameType.settings, 0, 0, Buffer.alloc(5)),
      errorCode.frameSize,
    ],
  ])('ends with its reason after %s', async (_what, act, code) => {
    const peer = new RawPeer();
    act(peer);
    expect(await peer.goAwayCode()).toBe(code);
    await peer.seen(frameType.goAway);
    expect(peer.server.writableEnded).toBe(true);
  });

  it('that does not begin like HTTP/2 ends', async () => {
    const peer = new RawPeer({}, false);
    peer.send(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    expect(await peer.goAwayCode()).toBe(errorCode.protocol);
  });

  it('ends when requests are opened and taken back without end', async () => {
    const peer = new RawPeer();
    for (let id = 1; id < 2100; id += 2) {
      peer.request(id);
      peer.send(numbersFrame({ type: frameType.resetStream, flags: 0, stream: id }, errorCode.cancel));
    }
    expect(await peer.goAwayCode()).toBe(errorCode.enhanceYourCalm);
  });

  it.each<[string, (peer: RawPeer) => void]>([
    ['pings', (peer) => peer.frame(frameType.ping, 0, 0, Buffer.alloc(8))],
    ['settings', (peer) => peer.frame(frameType.settings, 0, 0)],
    ['empty data', (peer) => peer.frame(frameType.data, 0, 1)],
    ['priorities', (peer) => peer.frame(frameType.priority, 0, 1, Buffer.alloc(5))],
    [
      'windows for nothing',
      (peer) => peer.send(numbersFrame({ type: frameType.windowUpdate, flags: 0, stream: 1 }, 1)),
    ],
  ])('ends after a flood of %s', async (_what, act) => {
    const peer = new RawPeer();
    peer.request(1, { ':method': 'POST' }, 0);
    for (let i = 0; i < 1015; i++) act(peer);
    expect(await peer.goAwayCode()).toBe(errorCode.enhanceYourCalm);
  });

  it('ends when continuations never do', async () => {
    const peer = new RawPeer();
    peer.frame(frameType.headers, 0, 1, headerBlock());
    for (let i = 0; i < 12; i++) peer.frame(frameType.continuation, 0, 1, Buffer.alloc(16_000));
    expect(await peer.goAwayCode()).toBe(errorCode.enhanceYourCalm);
  });

  it.each<[string, (peer: RawPeer) => void]>([
    ['headers that are dripped in', (peer) => peer.frame(frameType.headers, 0, 1, headerBlock())],
    ['half a frame', (peer) => peer.send(Buffer.from([0, 0, 9, 0]))],
  ])('is cut off for %s', async (_what, act) => {
    const peer = new RawPeer();
    act(peer);
    await peer.seen(frameType.settings);
    peer.connection.sweep(peer.now + 100);
    expect(peer.server.destroyed).toBe(false);
    peer.connection.sweep(peer.now + 101);
    expect(peer.server.destroyed).toBe(true);
  });

  it('is cut off when it does not even begin', () => {
    const peer = new RawPeer({}, false);
    peer.connection.sweep(peer.now + 101);
    expect(peer.server.destroyed).toBe(true);
  });

  it('is said goodbye to when it is idle, not while it has a request', async () => {
    const peer = new RawPeer();
    peer.request(1);
    await peer.seen(frameType.settings);
    peer.connection.sweep(peer.now + 5000);
    expect(await peer.goAwayCode()).toBeUndefined();
    firstOf(peer).respond(204, {}, undefined);
    peer.connection.sweep(peer.now + 1001);
    expect(await peer.goAwayCode()).toBe(errorCode.none);
    expect(peer.server.writableEnded).toBe(true);
  });

  it('that shuts down answers what it has and refuses what is new', async () => {
    const peer = new RawPeer();
    peer.request(1);
    await peer.seen(frameType.settings);
    peer.connection.shutDown();
    peer.request(3);
    expect(await peer.resetCodes()).toEqual([[3, errorCode.refusedStream]]);
    firstOf(peer).respond(200, {}, Buffer.from('still here'));
    expect(await answered(peer)).toBe('still here');
    expect(peer.server.writableEnded).toBe(true);
  });

  it('that breaks closes its streams and breaks off their bodies', async () => {
    const peer = new RawPeer();
    peer.request(1, { ':method': 'POST' }, 0);
    await peer.seen(frameType.settings);
    const body = bodyOf(firstOf(peer));
    peer.server.destroy();
    expect(await body).toBe('broken');
    expect(firstOf(peer).destroyed).toBe(true);
  });
});

describe('many requests at once', () => {
  it('are read in turns, in their order and with their bodies, and none of them is lost', async () => {
    const turns: (() => void)[] = [];
    const peer = new RawPeer({
      maxConcurrentStreams: 1000,
      turns: new ReadingTurns({
        requestsEach: 3,
        inLineEach: 1000,
        ms: 0,
        now: () => 0,
        afterInput: (turn) => void turns.push(turn),
      }),
    });
    for (let i = 0; i < 50; i++) {
      peer.request(4 * i + 1, { ':path': `/get/${i}` });
      peer.request(4 * i + 3, { ':method': 'POST', ':path': `/post/${i}` }, 0);
      peer.frame(frameType.data, endStream, 4 * i + 3, Buffer.from(`body ${i}`));
    }
    await peer.seen(frameType.settings);
    expect(peer.streams).toHaveLength(3);
    for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) {
      const before = peer.streams.length;
      turn();
      expect(peer.streams.length - before).toBeLessThanOrEqual(4);
      await peer.seen(frameType.settings);
    }
    expect(peer.streams.map(({ headers }) => headers[':path'])).toEqual(
      Array.from({ length: 100 }, (_, i) => `/${i % 2 === 0 ? 'get' : 'post'}/${Math.floor(i / 2)}`),
    );
    expect(await bodyOf(peer.streams[99] as ServerStream)).toBe('body 49');
    peer.request(1001);
    await peer.seen(frameType.settings);
    expect(peer.streams).toHaveLength(101);
  });

  it('are left unread while so many of a connection wait in line', async () => {
    const peer = new RawPeer({
      maxConcurrentStreams: 1000,
      turns: new ReadingTurns({
        requestsEach: 1000,
        inLineEach: 2,
        ms: 0,
        now: () => 0,
        afterInput: (turn) => void setImmediate(turn),
      }),
      onStream: (stream) => {
        peer.streams.push(stream);
        stream.waits(true);
      },
    });
    for (let i = 0; i < 9; i++) peer.request(2 * i + 1);
    const readAfterwards = async (): Promise<number> => {
      await peer.seen(frameType.settings);
      return peer.streams.length;
    };
    expect(await readAfterwards()).toBe(2);
    for (let done = 0; done < 7; done++) {
      (peer.streams[done] as ServerStream).waits(false);
      expect(await readAfterwards()).toBe(done + 3);
    }
    expect(peer.streams.map(({ id }) => id)).toEqual([1, 3, 5, 7, 9, 11, 13, 15, 17]);
  });

  it('do not keep a connection that has failed', async () => {
    const turns: (() => void)[] = [];
    const peer = new RawPeer({
      maxConcurrentStreams: 1000,
      turns: new ReadingTurns({
        requestsEach: 1,
        inLineEach: 1000,
        ms: 0,
        now: () => 0,
        afterInput: (turn) => void turns.push(turn),
      }),
    });
    for (let i = 0; i < 10; i++) peer.request(2 * i + 1);
    await peer.seen(frameType.settings);
    peer.server.destroy();
    await peer.seen(frameType.settings);
    for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) turn();
    expect(peer.streams).toHaveLength(1);
  });
});
