import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { CanopyProcess } from '../harness/canopy-process.ts';
import { type Answer, type KubeJson, Rest } from '../harness/rest.ts';

export const configMaps = '/api/v1/namespaces/default/configmaps';

/** A server that nothing it is sent may harm. In `root` it has the config map `present`, and the namespace `other`. */
export class SteadyServer {
  readonly process: CanopyProcess;
  readonly rest: Rest;

  private constructor(server: CanopyProcess) {
    this.process = server;
    this.rest = Rest.connect(server, 'root');
  }

  static async start(): Promise<SteadyServer> {
    const steady = new SteadyServer(await CanopyProcess.start());
    await steady.rest.ok('POST', configMaps, { metadata: { name: 'present' }, data: { a: '1' } });
    await steady.rest.ok('POST', '/api/v1/namespaces', { metadata: { name: 'other' } });
    return steady;
  }

  /** After each test: it is ready, on the connection of the test as well, and has had nothing to say. */
  async expectUnharmed(rest: Rest = this.rest): Promise<void> {
    expect((await rest.get('/readyz')).text).toBe('ok');
    expect(this.process.stderr).toBe('');
  }

  async stop(): Promise<void> {
    this.rest.close();
    await this.process.dispose();
  }
}

/** One for the tests of a file, there from the first of them on. */
export function useSteadyServer(): { readonly rest: Rest } {
  let steady: SteadyServer;
  beforeAll(async () => {
    steady = await SteadyServer.start();
  });
  afterEach(() => steady.expectUnharmed());
  afterAll(() => steady.stop());
  return {
    get rest() {
      return steady.rest;
    },
  };
}

/** Every refusal is a Status whose code is the HTTP status. */
export function expectStatus(answer: Answer, code: number, reason: string, words?: RegExp): KubeJson {
  expect([answer.status, answer.text.slice(0, 300)]).toEqual([code, expect.any(String)]);
  const status = answer.json();
  expect(status).toMatchObject({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason });
  expect(status.message).toMatch(words ?? /\S/);
  return status;
}

export function configMap(name: string, more: object = {}): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, ...more };
}
