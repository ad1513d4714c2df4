import { MemoryStorage, type Storage, type Transaction } from '@canopy/storage';
import { makeAdmin, type RunningServer, startServer } from '@canopy/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const configMaps = '/api/v1/namespaces/default/configmaps';
let store: SlowStore;
let server: RunningServer;

/** A store whose commits can be held up. */
class SlowStore extends MemoryStorage implements Storage {
  private held: Promise<void> | undefined;
  private letGo: () => void = () => undefined;
  waiting = 0;

  hold(): void {
    this.held = new Promise((resolve) => {
      this.letGo = resolve;
    });
  }

  release(): void {
    this.held = undefined;
    this.letGo();
  }

  override async transact(transaction: Transaction): ReturnType<Storage['transact']> {
    this.waiting += 1;
    await this.held;
    this.waiting -= 1;
    return super.transact(transaction);
  }
}

beforeAll(async () => {
  store = new SlowStore();
  server = await startServer({ users: [{ name: 'alice' }], sharedStorage: store });
  await makeAdmin(server.admin, 'alice');
});

afterAll(async () => {
  store.release();
  await server.stop();
});

describe('a write that the store has and does not finish', () => {
  it('is answered with 504, which does not say that nothing was written: it may be there later', async () => {
    store.hold();
    const late = await server.user('alice').post(`${configMaps}?timeout=200ms`, configMap('late'));
    expect([late.status, late.json().reason, late.json().message]).toEqual([
      504,
      'Timeout',
      'Timeout: request did not complete within the allotted timeout',
    ]);
    expect(store.waiting).toBeGreaterThan(0);
    const others = await server.user('alice').get(`${configMaps}?timeout=10s`);
    expect(others.status).toBe(200);
    store.release();
    await expect.poll(async () => (await server.user('alice').get(`${configMaps}/late`)).status).toBe(200);
  });
});

it('A timeout that is no duration is refused before anything else', async () => {
  const answer = await server.anonymous.get(`${configMaps}?timeout=5`);
  expect([answer.status, answer.json().reason]).toEqual([400, 'BadRequest']);
});

function configMap(name: string): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } };
}
