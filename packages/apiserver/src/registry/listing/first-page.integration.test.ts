import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { builtinDeclarations } from '@canopy/api';
import {
  type Change,
  ChangeHub,
  MemoryStorage,
  objectKey,
  objectPrefix,
  type Revision,
  SqliteStorage,
  type Storage,
} from '@canopy/storage';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeContinue } from '../continue-token.ts';
import { logicalClusterName, mintClusterAccess, mintWildcardAccess } from '../logical-cluster.ts';
import { encodeObject } from '../object-codec.ts';
import type { Registry } from '../registry.ts';
import { serveResource } from '../serve-resource.ts';
import { type EncodedPage, firstPage } from './first-page.ts';
import { ListCache } from './list-cache.ts';

const declaration = builtinDeclarations.find(({ names }) => names.plural === 'configmaps')!;
const resource = serveResource(declaration, { origin: { kind: 'builtin' } });

interface Place {
  cluster: string;
  namespace: string;
  name: string;
}

interface Scope {
  cluster?: string;
  namespace?: string;
}

function keyOf(place: Place) {
  return objectKey({ group: '', resource: 'configmaps', ...place });
}

function prefixOf(scope: Scope): string {
  return objectPrefix({ group: '', resource: 'configmaps', ...scope });
}

function bytesOf({ namespace, name }: Place, text: string): Uint8Array {
  return encodeObject({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data: { text } });
}

/**
 * A store as a replica sees it: followers hear of changes when they are released, and what was read is answered only after
 * a while, in microtasks, `delays` in turn.
 */
class Lagging {
  readonly storage: Storage;
  private readonly inner: Storage;
  private readonly delays: readonly number[];
  private held: (() => void)[] | undefined = [];
  private reads = 0;

  constructor(inner: Storage, delays: readonly number[]) {
    this.inner = inner;
    this.delays = delays;
    this.storage = new Proxy(inner, {
      get: (target, name) => {
        if (name === 'follow') return this.follow;
        if (name === 'range') return (...args: Parameters<Storage['range']>) => this.late(target.range(...args));
        if (name === 'currentRevision') return () => this.late(target.currentRevision());
        const member: unknown = Reflect.get(target, name);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
  }

  private async late<T>(read: Promise<T>): Promise<T> {
    const result = await read;
    for (let left = this.delays[this.reads++ % this.delays.length] ?? 0; left > 0; left--) await undefined;
    return result;
  }

  private readonly follow: Storage['follow'] = (after, follower) =>
    this.inner.follow(after, {
      ...follower,
      onError: (error) => follower.onError(error),
      onChanges: (changes) => {
        if (this.held === undefined) follower.onChanges(changes);
        else this.held.push(() => follower.onChanges(changes));
      },
    });

  release(count: number): void {
    for (const deliver of this.held?.splice(0, count) ?? []) deliver();
  }

  /** Nothing lags from now on. */
  releaseAll(): void {
    const { held } = this;
    this.held = undefined;
    for (const deliver of held ?? []) deliver();
  }
}

/** Everything that was ever written. */
class Model {
  private readonly changes: Change[] = [];

  static async of(storage: Storage): Promise<Model> {
    const model = new Model();
    await storage.follow(await storage.currentRevision(), {
      onChanges: (changes) => model.changes.push(...changes),
      onError: () => undefined,
    });
    return model;
  }

  /** The objects of a list, as a client would see them. */
  page(scope: Scope, limit: number, revision: number): { items: unknown[]; next: string } {
    const prefix = prefixOf(scope);
    const state = new Map<string, Change>();
    for (const change of this.changes) {
      if (change.revision > revision || !change.key.startsWith(prefix)) continue;
      if (change.value === undefined) state.delete(change.key);
      else state.set(change.key, change);
    }
    const keys = [...state.keys()].sort();
    const shown = keys.slice(0, limit);
    const items = shown.map((key) => {
      const { value, revision: written } = state.get(key)!;
      const object = JSON.parse(Buffer.from(value!).toString()) as { metadata: object };
      return { ...object, metadata: { resourceVersion: String(written), ...object.metadata } };
    });
    return { items, next: keys.length > limit ? shown.at(-1)!.slice(prefix.length) : '' };
  }
}

async function registryOf(storage: Storage): Promise<Registry> {
  const hub = await ChangeHub.start(storage);
  return { storage, hub, lists: new ListCache(hub, 20_000), isIndexedLabel: () => false } as unknown as Registry;
}

function list(registry: Registry, { cluster, namespace }: Scope, limit: number): Promise<EncodedPage> {
  const access = cluster === undefined ? mintWildcardAccess() : mintClusterAccess(logicalClusterName(cluster));
  const request = { access, user: { name: 'alice', groups: [] }, resource, version: 'v1', namespace };
  return firstPage(registry, request, {
    labels: undefined,
    fields: undefined,
    limit,
    continueToken: '',
    resourceVersion: '',
    resourceVersionMatch: '',
  });
}

type Step =
  | { do: 'put'; at: Place; text: string; wait: boolean }
  | { do: 'delete'; at: Place; wait: boolean }
  | { do: 'list'; scope: Scope; limit: number; wait: boolean }
  | { do: 'release'; count: number }
  | { do: 'compact' };

const place = fc.record({
  cluster: fc.constantFrom('a', 'ab'),
  namespace: fc.constantFrom('x', 'xy'),
  name: fc.constantFrom('1', '2', '3', '4'),
});
const scope = fc.constantFrom<Scope>({}, { cluster: 'a' }, { cluster: 'ab' }, { cluster: 'a', namespace: 'x' });
const wait = fc.boolean();
const aList = fc.record({ do: fc.constant('list' as const), scope, limit: fc.constantFrom(1, 2, 500), wait });
const aPut = fc.record({
  do: fc.constant('put' as const),
  at: place,
  text: fc.constantFrom('', 'ä', 'long'.repeat(500)),
  wait,
});
const delays = fc.array(fc.constantFrom(0, 1, 5, 20, 60), { minLength: 1 });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: aList },
    { weight: 3, arbitrary: aPut },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), at: place, wait }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('release' as const), count: fc.integer({ min: 1, max: 3 }) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('compact' as const) }) },
  ),
  { maxLength: 40 },
);

/** Runs the steps, many of them at the same time, and compares every list with what was written. */
async function runSteps(inner: Storage, all: readonly Step[], slowness: readonly number[]): Promise<void> {
  const lagging = new Lagging(inner, slowness);
  const model = await Model.of(inner);
  const registry = await registryOf(lagging.storage);
  let acknowledged = await inner.currentRevision();
  const pending: Promise<void>[] = [];
  const checks: (() => void)[] = [];

  async function write(at: Place, text: string | undefined): Promise<void> {
    const key = keyOf(at);
    const operation =
      text === undefined
        ? ({ type: 'delete', key } as const)
        : ({ type: 'put', key, value: bytesOf(at, text) } as const);
    const done = await inner.transact({ compares: [], operations: [operation] });
    if (done.succeeded) acknowledged = Math.max(acknowledged, done.revision) as Revision;
  }

  async function check(of: Scope, limit: number): Promise<void> {
    const atLeast = acknowledged;
    const { bytes, count, revision, continueToken } = await list(registry, of, limit);
    checks.push(() => {
      const items = JSON.parse(`[${bytes.toString()}]`) as unknown[];
      const expected = model.page(of, limit, revision);
      expect({ items, count }).toEqual({ items: expected.items, count: expected.items.length });
      expect(revision).toBeGreaterThanOrEqual(atLeast);
      expect(continueToken === '' ? '' : decodeContinue(continueToken)).toEqual(
        expected.next === '' ? '' : { revision, start: expected.next },
      );
    });
  }

  async function run(step: Step): Promise<void> {
    if (step.do === 'release') lagging.release(step.count);
    else if (step.do === 'compact') await inner.compact(await inner.currentRevision());
    else if (step.do === 'list') await check(step.scope, step.limit);
    else await write(step.at, step.do === 'put' ? step.text : undefined);
  }

  for (const step of all) {
    const running = run(step);
    pending.push(running);
    if (!('wait' in step) || step.wait) await running;
  }
  await Promise.all(pending);
  lagging.releaseAll();
  await Promise.all([{}, { cluster: 'a' }].map((of) => check(of, 2)));
  await Promise.all([{}, { cluster: 'a' }].map((of) => check(of, 2)));
  for (const compare of checks) compare();
  for (const cluster of ['a', 'ab']) await write({ cluster, namespace: 'x', name: '1' }, '');
  await registry.hub.waitFor(acknowledged);
  expect(registry.lists.bytes).toBe(0);
  registry.hub.close();
}

describe('the first page of a collection', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'canopy-first-page-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  it('is what was written up to its revision, whatever is written, compacted and heard of late meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(steps, delays, async (all, slowness) => {
        const storage = new MemoryStorage();
        await runSteps(storage, all, slowness);
        await storage.close();
      }),
      { numRuns: 300 },
    );
  });

  it('is so with a store on disk, whose writes take their time', async () => {
    let number = 0;
    await fc.assert(
      fc.asyncProperty(steps, delays, async (all, slowness) => {
        const storage = await SqliteStorage.open({ path: path.join(directory, `store-${number++}`) });
        await runSteps(storage, all, slowness);
        await storage.close();
      }),
      { numRuns: 8 },
    );
  }, 60_000);

  it('is read again only when something below its prefix has changed', async () => {
    const storage = new MemoryStorage();
    let ranges = 0;
    const range = storage.range.bind(storage);
    storage.range = (...args) => {
      ranges += 1;
      return range(...args);
    };
    const registry = await registryOf(storage);
    const put = (at: Place) =>
      storage.transact({ compares: [], operations: [{ type: 'put', key: keyOf(at), value: bytesOf(at, '') }] });
    await put({ cluster: 'a', namespace: 'x', name: '1' });
    const scopes: Scope[] = [{}, { cluster: 'a' }, { cluster: 'a', namespace: 'x' }, { cluster: 'b' }];
    const readAll = async (): Promise<number> => {
      const before = ranges;
      for (const of of scopes) await list(registry, of, 500);
      return ranges - before;
    };
    expect([await readAll(), await readAll()]).toEqual([4, 0]);
    await put({ cluster: 'a', namespace: 'y', name: '1' });
    expect([await readAll(), await readAll()]).toEqual([2, 0]);
    expect((await list(registry, { cluster: 'b' }, 500)).revision).toBe(await storage.currentRevision());
  });

  it('has the revision at which it was read when that is newer than the one that was asked for', async () => {
    const storage = new MemoryStorage();
    const registry = await registryOf(storage);
    const put = (name: string) => {
      const at = { cluster: 'a', namespace: 'x', name };
      return storage.transact({ compares: [], operations: [{ type: 'put', key: keyOf(at), value: bytesOf(at, '') }] });
    };
    await put('1');
    await list(registry, {}, 500);
    let answer: () => void = () => undefined;
    const currentRevision = storage.currentRevision.bind(storage);
    storage.currentRevision = async () => {
      const revision = await currentRevision();
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      return revision;
    };
    const late = list(registry, {}, 500);
    await put('2');
    const { revision } = await list(registry, {}, 500);
    answer();
    expect(await late).toMatchObject({ count: 2, revision });
  });

  it('is not kept beyond the bytes of the cache', async () => {
    const storage = new MemoryStorage();
    const registry = await registryOf(storage);
    for (let i = 0; i < 200; i++) {
      const at = { cluster: `c${i}`, namespace: 'x', name: '1' };
      const value = bytesOf(at, 'x'.repeat(1000));
      await storage.transact({ compares: [], operations: [{ type: 'put', key: keyOf(at), value }] });
      await list(registry, { cluster: at.cluster }, 500);
      expect(registry.lists.bytes).toBeLessThanOrEqual(20_000);
    }
    expect(registry.lists.bytes).toBeGreaterThan(15_000);
  });
});
