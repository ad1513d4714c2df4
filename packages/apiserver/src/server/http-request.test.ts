import type { TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { HttpRequest, RunningRequests } from './http-request.ts';

function start() {
  const listeners: (() => void)[] = [];
  const carrier = { once: (_event: 'close', listener: () => void) => listeners.push(listener), destroyed: false };
  const state = { answered: false };
  const running = new RunningRequests();
  const request = new HttpRequest({
    method: 'GET',
    url: '/api',
    headers: {},
    socket: {} as TLSSocket,
    carrier,
    isAnswered: () => state.answered,
    running,
    readBody: async () => new Uint8Array(0),
  });
  const close = (): void => {
    carrier.destroyed = true;
    for (const listener of listeners.splice(0)) listener();
  };
  return { request, state, running, close };
}

describe('the signal of a request', () => {
  it('tells that the client is gone', () => {
    const { request, close } = start();
    const { signal } = request;
    close();
    expect(signal.aborted).toBe(true);
  });

  it('tells so when it is asked for later', () => {
    const { request, close } = start();
    close();
    expect(request.signal.aborted).toBe(true);
  });

  it('says nothing when the client has its answer, and nothing when the server stops afterwards', () => {
    const { request, state, running, close } = start();
    const { signal } = request;
    state.answered = true;
    close();
    running.abortAll();
    expect(signal.aborted).toBe(false);
  });

  it('tells that the server is stopping', () => {
    const { request, running } = start();
    const { signal } = request;
    running.abortAll();
    expect(signal.aborted).toBe(true);
  });
});
