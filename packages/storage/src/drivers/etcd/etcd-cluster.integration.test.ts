import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Storage } from '../../storage.ts';
import { isStorageError } from '../../storage-error.ts';
import { put, Recorder, text } from '../../testing/contract-fixture.ts';
import { findEtcd } from '../../testing/etcd/find-etcd.ts';
import { type EtcdCluster, startEtcd } from '../../testing/etcd/start-etcd.ts';
import { openEtcdStorage } from './etcd-storage.ts';

const binary = findEtcd().current;

/** Writes until told to stop, and remembers what was acknowledged, and what may or may not have been written. */
class Writers {
  readonly acknowledged: string[] = [];
  readonly uncertain = new Set<string>();
  readonly #running: Promise<void>[];
  #over = false;

  constructor(storages: readonly Storage[]) {
    this.#running = storages.flatMap((storage, i) => [0, 1, 2].map((j) => this.#write(storage, `/k/${i}-${j}`)));
  }

  async stop(): Promise<void> {
    this.#over = true;
    await Promise.all(this.#running);
  }

  /** Resolves when this many more writes were acknowledged. */
  async more(count: number): Promise<void> {
    const goal = this.acknowledged.length + count;
    while (this.acknowledged.length < goal) await sleep(10);
  }

  async #write(storage: Storage, name: string): Promise<void> {
    for (let i = 0; !this.#over; i++) {
      try {
        this.acknowledged.push(`${await put(storage, name, `${i}`)} ${name}=${i}`);
      } catch (error) {
        if (isStorageError(error, 'StorageFailed')) this.uncertain.add(`${name}=${i}`);
        else if (!isStorageError(error, 'StorageUnavailable')) throw error;
      }
    }
  }
}

async function withCluster(test: (etcd: EtcdCluster, storages: Storage[]) => Promise<void>): Promise<void> {
  const etcd = await startEtcd({ binary: binary.found ? binary.path : '', members: 3 });
  const open = () => openEtcdStorage({ endpoints: etcd.endpoints, prefix: '/canopy', requestTimeoutMs: 20_000 });
  const storages = await Promise.all([open(), open()]);
  try {
    await test(etcd, storages);
  } finally {
    await Promise.all(storages.map((storage) => storage.close()));
    await etcd.stop();
  }
}

/** Followers of all storages got the same, it is the log, and it has every acknowledged write once. */
async function expectWholeLog(storages: Storage[], followers: Recorder[], writers: Writers, start: number) {
  const last = await put(storages[0] as Storage, '/last', 'v');
  const log = await Recorder.follow(storages[1] as Storage, start);
  await Promise.all([...followers, log].map((each) => each.reached(last)));
  for (const follower of followers) {
    expect(follower.error).toBeUndefined();
    expect(follower.lines).toEqual(log.lines);
  }
  const written = log.changes.slice(0, -1).map((change) => `${change.revision} ${change.key}=${text(change.value)}`);
  const certain = written.filter((line) => !writers.uncertain.has(line.slice(line.indexOf(' ') + 1)));
  expect(certain.sort()).toEqual(writers.acknowledged.sort());
  expect(log.changes.every(({ revision }, i) => i === 0 || revision > (log.changes[i - 1]?.revision ?? 0))).toBe(true);
}

describe.skipIf(!binary.found)(`a cluster of etcd${binary.found ? '' : ` (${binary.reason})`}`, () => {
  it('loses its leaders one after another, and no write or change', { timeout: 90_000 }, () =>
    withCluster(async (etcd, storages) => {
      const start = await (storages[0] as Storage).currentRevision();
      const followers = await Promise.all(storages.map((storage) => Recorder.follow(storage, start)));
      const writers = new Writers(storages);
      for (let round = 0; round < 3; round++) {
        await writers.more(100);
        const leader = await etcd.leader();
        await leader.kill();
        await writers.more(100);
        await leader.restart();
      }
      await writers.stop();
      await expectWholeLog(storages, followers, writers, start);
    }),
  );

  it('has a leader that hangs, and comes back', { timeout: 90_000 }, () =>
    withCluster(async (etcd, storages) => {
      const start = await (storages[0] as Storage).currentRevision();
      const followers = await Promise.all(storages.map((storage) => Recorder.follow(storage, start)));
      const writers = new Writers(storages);
      await writers.more(100);
      const leader = await etcd.leader();
      leader.pause();
      await writers.more(200);
      leader.resume();
      await writers.more(100);
      await writers.stop();
      await expectWholeLog(storages, followers, writers, start);
    }),
  );

  it('cannot write without a majority, and says so', { timeout: 60_000 }, () =>
    withCluster(async (etcd, storages) => {
      const storage = await openEtcdStorage({ endpoints: etcd.endpoints, prefix: '/canopy', requestTimeoutMs: 1500 });
      await put(storage, '/a', '1');
      await Promise.all(etcd.members.slice(1).map((member) => member.kill()));
      const error = await put(storage, '/a', '2').catch((thrown: unknown) => thrown);
      expect(isStorageError(error) && ['StorageUnavailable', 'StorageFailed'].includes(error.code)).toBe(true);
      await Promise.all(etcd.members.slice(1).map((member) => member.restart()));
      await put(storages[0] as Storage, '/a', '3');
      await put(storage, '/a', '4');
      await storage.close();
    }),
  );
});
