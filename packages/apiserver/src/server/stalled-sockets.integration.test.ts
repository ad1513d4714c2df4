import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StalledSockets } from './stalled-sockets.ts';

/** More than the operating system takes by itself. */
const much = Buffer.alloc(32 << 20);

describe('a connection with something unsent', () => {
  let server: Server;
  let here: Socket;
  let peer: Socket;
  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    peer = connect((server.address() as AddressInfo).port, '127.0.0.1');
    [here] = (await once(server, 'connection')) as [Socket];
    for (const socket of [here, peer]) socket.on('error', () => undefined);
  });
  afterEach(() => {
    for (const socket of [here, peer]) socket.destroy();
    server.close();
  });

  it('is closed when its peer takes nothing for the time', () => {
    const stalled = new StalledSockets(100);
    here.write(much);
    stalled.sweep([here], 1000);
    stalled.sweep([here], 1099);
    expect(here.destroyed).toBe(false);
    stalled.sweep([here], 1100);
    expect(here.destroyed).toBe(true);
  });

  it('is kept when its peer goes on, and when there is nothing to take', async () => {
    const stalled = new StalledSockets(100);
    here.write(much);
    stalled.sweep([here], 1000);
    peer.resume();
    await once(here, 'drain');
    stalled.sweep([here], 1200);
    peer.pause();
    here.write(much);
    stalled.sweep([here], 1299);
    stalled.sweep([here], 1398);
    expect(here.destroyed).toBe(false);
  });
});
