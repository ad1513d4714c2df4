import { describe, expect, it } from 'vitest';
import { errorCode } from './connection-error.ts';
import { defaultWindow, flag, frameType, numbersFrame, setting, settingsFrame } from './frames.ts';
import type { ServerStream } from './server-stream.ts';
import { answered, bodyOf, firstOf, RawPeer } from './testing/raw-peer.ts';

const { endStream } = flag;

describe('windows', () => {
  it('hold an answer back until the client makes room, for the stream and for the connection', async () => {
    const peer = new RawPeer();
    peer.send(settingsFrame([[setting.initialWindowSize, 10]]));
    peer.request(1);
    await peer.seen(frameType.settings);
    const stream = firstOf(peer);
    stream.respond(200, {}, Buffer.from('0123456789abcdef'));
    expect(await answered(peer)).toBe('0123456789');
    expect(stream.outgoingBytes).toBe(6);
    peer.send(numbersFrame({ type: frameType.windowUpdate, flags: 0, stream: 1 }, 4));
    expect(await answered(peer)).toBe('0123456789abcd');
    peer.send(settingsFrame([[setting.initialWindowSize, 100]]));
    expect(await answered(peer)).toBe('0123456789abcdef');
    expect(stream.destroyed).toBe(true);
  });

  it('of the connection are shared by all streams in turn', async () => {
    const peer = new RawPeer();
    peer.send(settingsFrame([[setting.initialWindowSize, 1_000_000]]));
    peer.request(1);
    peer.request(3);
    await peer.seen(frameType.settings);
    for (const stream of peer.streams) stream.respond(200, {}, Buffer.alloc(100_000));
    const sent = async (): Promise<number> => (await answered(peer)).length;
    expect(await sent()).toBe(defaultWindow);
    for (let total = defaultWindow; total < 200_000; total = await sent())
      peer.send(numbersFrame({ type: frameType.windowUpdate, flags: 0, stream: 0 }, 30_000));
    const order = (await peer.seen(frameType.data)).map(({ stream }) => stream);
    expect(new Set(order.slice(4, 6)).size).toBe(2);
    expect(peer.streams.every(({ destroyed }) => destroyed)).toBe(true);
  });

  it('of the connection go to answers without a known end first', async () => {
    const peer = new RawPeer();
    peer.send(settingsFrame([[setting.initialWindowSize, 1_000_000]]));
    for (const id of [1, 3, 5]) peer.request(id);
    await peer.seen(frameType.settings);
    const [first, watch, last] = peer.streams as [ServerStream, ServerStream, ServerStream];
    first.respond(200, {}, Buffer.alloc(100_000));
    watch.begin(200, {});
    watch.write(Buffer.alloc(30_000));
    last.respond(200, {}, Buffer.alloc(100_000));
    await peer.seen(frameType.data);
    peer.send(numbersFrame({ type: frameType.windowUpdate, flags: 0, stream: 0 }, 40_000));
    await peer.seen(frameType.data);
    expect([watch.outgoingBytes, first.outgoingBytes + last.outgoingBytes]).toEqual([
      0,
      230_000 - defaultWindow - 40_000,
    ]);
  });

  it('are given back for what is read, so that a body of any size gets through', async () => {
    const peer = new RawPeer();
    peer.request(1, { ':method': 'POST' }, 0);
    await peer.seen(frameType.settings);
    const body = bodyOf(firstOf(peer));
    for (let i = 0; i < 800; i++) {
      peer.frame(frameType.data, i === 799 ? endStream : 0, 1, Buffer.alloc(16_000, 'x'));
      if (i % 20 === 0) await peer.seen(frameType.settings);
    }
    expect((await body).length).toBe(800 * 16_000);
    const credit = (await peer.seen(frameType.windowUpdate)).reduce(
      (sum, { payload, stream }) => sum + (stream === 0 ? payload.readUInt32BE(0) : 0),
      0,
    );
    expect(credit).toBeGreaterThan(800 * 16_000 - 300_000);
  });

  it('bound what is sent of a body that nobody reads', async () => {
    const peer = new RawPeer();
    peer.request(1, { ':method': 'POST' }, 0);
    for (let i = 0; i < 66; i++) peer.frame(frameType.data, 0, 1, Buffer.alloc(16_000));
    expect(await peer.resetCodes()).toEqual([[1, errorCode.flowControl]]);
  });
});
