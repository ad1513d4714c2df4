import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryStorage } from '../drivers/memory/memory-storage.ts';
import type { Change, Revision, Storage, Subscription } from '../storage.ts';
import { isStorageError } from '../storage-error.ts';
import { bytes, key, put, remove } from '../testing/contract-fixture.ts';
import { ChangeHub } from './change-hub.ts';

class Watch {
  readonly lines: string[] = [];
  readonly revisions: number[] = [];
  calls = 0;
  ended: Error | undefined;
  readonly #subscription: Subscription;

  constructor(hub: ChangeHub, prefix: string, after: number) {
    this.#subscription = hub.watch({
      prefix,
      after: after as Revision,
      onChanges: (changes) => {
        this.calls++;
        this.lines.push(...changes.map(line));
        this.revisions.push(...changes.map((change) => change.revision));
      },
      onEnd: (error) => {
        this.ended = error;
      },
    });
  }

  close(): void {
    this.#subscription.close();
  }
}

function line(change: Change): string {
  return `${change.type} ${change.key}`;
}

/** Lets all microtasks and chunks of catching up run. */
async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}

async function start(
  options: { maxChanges?: number; maxBytes?: number } = {},
): Promise<{ storage: Storage; hub: ChangeHub }> {
  const storage = new MemoryStorage();
  return { storage, hub: await ChangeHub.start(storage, options) };
}

describe('a change hub', () => {
  it('brings each change to the watchers of its prefixes and of its key only', async () => {
    const { storage, hub } = await start();
    const prefixes = [
      '',
      '/r/core/cm/',
      '/r/core/cm/c1/',
      '/r/core/cm/c1/ns/',
      '/r/core/cm/c1/ns/a',
      '/r/core/cm/c2/',
      '/r/core/cm/c1/n',
    ];
    const watches = prefixes.map((prefix) => new Watch(hub, prefix, 1));
    await settle();
    for (const name of [
      '/r/core/cm/c1/ns/a',
      '/r/core/cm/c1/ns/ab',
      '/r/core/cm/c1/other/a',
      '/r/core/cm/c10/ns/a',
      '/r/core/secrets/c1/ns/a',
    ])
      await put(storage, name, 'v');
    expect(watches.map((watch) => watch.lines.length)).toEqual([5, 4, 3, 2, 1, 0, 0]);
  });

  it('calls a watcher once for all its changes of a transaction', async () => {
    const { storage, hub } = await start();
    const watch = new Watch(hub, '/a/', 1);
    await settle();
    await storage.transact({
      compares: [],
      operations: ['/a/1', '/b/1', '/a/2'].map((name) => ({ type: 'put', key: key(name), value: bytes('v') })),
    });
    expect(watch.lines).toEqual(['put /a/1', 'put /a/2']);
    expect(watch.calls).toBe(1);
  });

  it('tells caches before watchers, and both before a writer has its answer', async () => {
    const { storage, hub } = await start();
    const order: string[] = [];
    hub.watch({ prefix: '', after: hub.revision, onChanges: () => order.push('watcher'), onEnd: () => undefined });
    hub.subscribeAll(() => order.push('cache'));
    await settle();
    const revision = await put(storage, '/a', 'v');
    order.push('writer');
    await hub.waitFor(revision);
    expect(order).toEqual(['cache', 'watcher', 'writer']);
  });

  it('resumes from the ring, then from the log, then not at all', async () => {
    const { storage, hub } = await start({ maxChanges: 10 });
    const revisions: Revision[] = [];
    for (let i = 0; i < 3000; i++) revisions.push(await put(storage, `/k/${i % 5}`, `${i}`));
    const fromRing = new Watch(hub, '/k/', revisions[2994] as number);
    const fromLog = new Watch(hub, '/k/', revisions[0] as number);
    await settle();
    await put(storage, '/k/1', 'live');
    await settle();
    expect(fromRing.lines).toHaveLength(6);
    expect(fromLog.lines).toHaveLength(3000);
    expect(new Set(fromLog.revisions).size).toBe(3000);
    await storage.compact(revisions[2990] as Revision);
    const tooLate = new Watch(hub, '/k/', revisions[2000] as number);
    await settle();
    expect(isStorageError(tooLate.ended, 'RevisionCompacted')).toBe(true);
    expect(fromLog.ended).toBeUndefined();
  });

  it('bounds the ring by bytes as well', async () => {
    const { storage, hub } = await start({ maxBytes: 10_000 });
    for (let i = 0; i < 20; i++) await put(storage, '/a', 'x'.repeat(1000));
    await storage.compact((hub.revision - 10) as Revision);
    const beyond = new Watch(hub, '/a', hub.revision - 15);
    const within = new Watch(hub, '/a', hub.revision - 5);
    await settle();
    expect(isStorageError(beyond.ended, 'RevisionCompacted')).toBe(true);
    expect(within.lines).toHaveLength(5);
  });

  it.each([
    ['the ring', {}],
    ['the log', { maxChanges: 5 }],
  ])('gives a watcher what it missed from %s chunk by chunk, when it is ready', async (_source, options) => {
    const { storage, hub } = await start(options);
    const value = 'x'.repeat(300_000);
    for (let i = 0; i < 20; i++) await put(storage, '/a/big', value);
    for (let i = 0; i < 2500; i++) await put(storage, '/a/small', `${i}`);
    const seen: number[] = [];
    let go: (() => void) | undefined;
    let calls = 0;
    const watch = hub.watch({
      prefix: '/a/',
      after: 1 as Revision,
      onChanges: (changes) => {
        calls++;
        seen.push(...changes.map(({ revision }) => revision));
      },
      ready: () =>
        new Promise((resolve) => {
          go = resolve;
        }),
      onEnd: (error) => expect.unreachable(error.message),
    });
    const news: number[] = [];
    for (let pauses = 0; hub.revision > watch.revision(); pauses++) {
      await settle();
      expect(calls).toBe(pauses + 1);
      expect(watch.revision()).toBe(seen.at(-1));
      if (pauses === 0) news.push(await put(storage, '/a/small', 'meanwhile'));
      if (watch.revision() < hub.revision) (go as () => void)();
    }
    expect(calls).toBeGreaterThan(1);
    go?.();
    await settle();
    news.push(await put(storage, '/a/small', 'live'));
    expect(seen).toEqual([...Array.from({ length: 2520 }, (_, i) => i + 2), ...news]);
    expect(watch.revision()).toBe(hub.revision);
  });

  it('does not resume from the ring what the store has compacted', async () => {
    const { storage, hub } = await start();
    for (let i = 0; i < 10; i++) await put(storage, '/a', `${i}`);
    await storage.compact((hub.revision - 3) as Revision);
    const beyond = new Watch(hub, '/a', hub.revision - 4);
    const within = new Watch(hub, '/a', hub.revision - 3);
    await settle();
    expect(isStorageError(beyond.ended, 'RevisionCompacted')).toBe(true);
    expect(within.lines).toHaveLength(3);
  });

  it('ends a watcher whose missed changes are compacted while it pauses', async () => {
    const { storage, hub } = await start({ maxChanges: 5 });
    for (let i = 0; i < 3000; i++) await put(storage, '/a', `${i}`);
    let go: (() => void) | undefined;
    let ended: Error | undefined;
    hub.watch({
      prefix: '/a',
      after: 1 as Revision,
      onChanges: () => undefined,
      ready: () =>
        new Promise((resolve) => {
          go = resolve;
        }),
      onEnd: (error) => {
        ended = error;
      },
    });
    await settle();
    await storage.compact(hub.revision);
    (go as () => void)();
    await settle();
    expect(isStorageError(ended, 'RevisionCompacted')).toBe(true);
    expect(hub.watcherCount).toBe(0);
  });

  it('refuses a revision that was never given out', async () => {
    const { hub } = await start();
    const watch = new Watch(hub, '/a', hub.revision + 10);
    await settle();
    expect(isStorageError(watch.ended, 'RevisionInFuture')).toBe(true);
  });

  it('forgets a watcher that closes, also from within its own callback', async () => {
    const { storage, hub } = await start();
    const closed = new Watch(hub, '/a', hub.revision);
    let calls = 0;
    const once = hub.watch({
      prefix: '/a',
      after: hub.revision,
      onChanges: () => {
        calls++;
        once.close();
      },
      onEnd: () => undefined,
    });
    await settle();
    closed.close();
    await put(storage, '/a', '1');
    await put(storage, '/a', '2');
    expect(closed.lines).toEqual([]);
    expect(calls).toBe(1);
    expect(hub.watcherCount).toBe(0);
  });

  it('ends a watcher that throws and goes on with the others', async () => {
    const { storage, hub } = await start();
    let ended: Error | undefined;
    hub.watch({
      prefix: '/a',
      after: hub.revision,
      onChanges: () => {
        throw new Error('broken');
      },
      onEnd: (error) => {
        ended = error;
      },
    });
    const other = new Watch(hub, '/a', hub.revision);
    await settle();
    await put(storage, '/a', '1');
    await put(storage, '/a', '2');
    expect(ended?.message).toBe('broken');
    expect(other.lines).toHaveLength(2);
  });

  it('gives a watcher that starts or writes within a callback every change once', async () => {
    const { storage, hub } = await start();
    const inner: Watch[] = [];
    hub.watch({
      prefix: '/a/',
      after: hub.revision,
      onChanges: (changes) => {
        inner.push(new Watch(hub, '/', (changes[0]?.revision ?? 1) - 1));
        if (inner.length < 3) void put(storage, `/a/${inner.length}`, 'nested');
      },
      onEnd: () => undefined,
    });
    await settle();
    await put(storage, '/a/0', 'v');
    await settle();
    expect(inner.map((watch) => watch.lines.length)).toEqual([3, 2, 1]);
    expect(inner[0]?.lines).toEqual(['put /a/0', 'put /a/1', 'put /a/2']);
  });

  it('ends watches and waiters when it or the store closes', async () => {
    const first = await start();
    const second = await start();
    const watches = [new Watch(first.hub, '', 1), new Watch(second.hub, '', 1)];
    const waiters = [first.hub, second.hub].map((hub) => hub.waitFor(99 as Revision).catch((error: unknown) => error));
    await settle();
    first.hub.close();
    await second.storage.close();
    for (const watch of watches) expect(isStorageError(watch.ended, 'Closed')).toBe(true);
    for (const error of await Promise.all(waiters)) expect(isStorageError(error, 'Closed')).toBe(true);
  });

  it('gives every watcher exactly the changes of its prefix, whenever it starts', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            name: fc.constantFrom('/a/x/1', '/a/x/2', '/a/y/1', '/b/x/1'),
            gone: fc.boolean(),
            watch: fc.boolean(),
            pause: fc.boolean(),
          }),
          { maxLength: 60 },
        ),
        fc.array(fc.nat(60), { minLength: 1, maxLength: 8 }),
        async (writes, backs) => {
          const { storage, hub } = await start({ maxChanges: 5 });
          const log: { revision: number; line: string; key: string }[] = [];
          const watches: { watch: Watch; prefix: string; after: number }[] = [];
          for (const [i, { name, gone, watch, pause }] of writes.entries()) {
            const revision = gone ? await remove(storage, name) : await put(storage, name, `${i}`);
            if (revision > 0) log.push({ revision, key: name, line: `${gone ? 'delete' : 'put'} ${name}` });
            if (watch) {
              const prefix = ['', '/a/', '/a/x/', '/b/x/1'][i % 4] as string;
              const after = Math.max(1, hub.revision - (backs[i % backs.length] ?? 0));
              watches.push({ watch: new Watch(hub, prefix, after), prefix, after });
            }
            if (pause) await settle();
          }
          await settle();
          for (const { watch, prefix, after } of watches) {
            expect(watch.lines).toEqual(
              log.filter((each) => each.revision > after && each.key.startsWith(prefix)).map((each) => each.line),
            );
          }
        },
      ),
      { numRuns: 100 },
    ));
});
