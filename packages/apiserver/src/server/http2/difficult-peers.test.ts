import { describe, expect, it } from 'vitest';
import { errorCode } from './connection-error.ts';
import { flag, frameType, numbersFrame, setting, settingsFrame } from './frames.ts';
import type { ServerStream } from './server-stream.ts';
import { headerBlock, RawPeer } from './testing/raw-peer.ts';

const { endStream, endHeaders } = flag;

describe('a connection whose client goes on with streams that are over', () => {
  it.each<[string, number, Buffer]>([
    ['data', frameType.data, Buffer.from('x')],
    ['headers', frameType.headers, headerBlock()],
  ])('ends for %s of a stream that was over', async (_what, type, payload) => {
    const peer = new RawPeer();
    peer.request(1);
    await peer.seen(frameType.settings);
    peer.streams[0]?.respond(204, {}, undefined);
    peer.frame(type, endStream | endHeaders, 1, payload);
    expect(await peer.goAwayCode()).toBe(errorCode.streamClosed);
  });

  it('goes on when a request that was answered early says the rest', async () => {
    const peer = new RawPeer();
    for (let id = 1; id < 2600; id += 2) {
      peer.request(id, { ':method': 'POST' }, 0);
      await peer.seen(frameType.settings);
      peer.streams.at(-1)?.respond(204, {}, undefined);
    }
    for (const id of [2599, 2599, 1]) peer.frame(frameType.data, 0, id, Buffer.from('x'));
    peer.frame(frameType.headers, endHeaders | endStream, 2599, Buffer.from([0x00, 1, 0x61, 1, 0x62]));
    expect(await peer.goAwayCode()).toBeUndefined();
    peer.frame(frameType.data, 0, 2599, Buffer.from('x'));
    expect(await peer.goAwayCode()).toBe(errorCode.streamClosed);
  });

  it('resets a stream whose data or headers go on behind their end, and trailers that are none', async () => {
    const peer = new RawPeer();
    peer.request(1);
    peer.frame(frameType.headers, endHeaders | endStream, 1, Buffer.from([0x00, 1, 0x61, 1, 0x62]));
    peer.request(3, { ':method': 'POST' }, 0);
    peer.frame(frameType.headers, endHeaders | endStream, 3, headerBlock());
    expect(await peer.resetCodes()).toEqual([
      [1, errorCode.streamClosed],
      [3, errorCode.protocol],
    ]);
  });
});

describe('a connection whose client does not read', () => {
  it('resets a stream whose client takes nothing of its answer, not one that is slow or has nothing to say', async () => {
    const peer = new RawPeer();
    peer.send(settingsFrame([[setting.initialWindowSize, 1]]));
    for (const id of [1, 3, 5]) peer.request(id);
    await peer.seen(frameType.settings);
    const [stuck, slow, quiet] = peer.streams as [ServerStream, ServerStream, ServerStream];
    for (const stream of [stuck, slow]) stream.respond(200, {}, Buffer.from('hello'));
    quiet.begin(200, {});
    for (let at = 0; at <= 800; at += 400) {
      peer.send(numbersFrame({ type: frameType.windowUpdate, flags: 0, stream: slow.id }, 1));
      await peer.seen(frameType.data);
      peer.connection.sweep(peer.now + at);
    }
    expect(await peer.resetCodes()).toEqual([[stuck.id, errorCode.cancel]]);
  });

  it('is not read while much waits for its client to read', async () => {
    const taken: (() => void)[] = [];
    const peer = new RawPeer({
      maxConcurrentStreams: 10,
      onStream: (stream) => stream.respond(204, { a: 'b'.repeat(1000) }, undefined),
    });
    peer.server._write = (_chunk, _encoding, done) => void taken.push(done);
    for (let id = 1; id < 10_000; id += 2) {
      peer.request(id);
      if (id % 100 === 1) await peer.seen(frameType.settings);
    }
    expect(peer.server.isPaused()).toBe(true);
    expect(peer.server.writableLength).toBeLessThan(2 << 20);
  });
});
