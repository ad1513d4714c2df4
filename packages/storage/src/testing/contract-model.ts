import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareKeys } from '../key-order.ts';
import type { Compare, IndexEntry, Operation, Revision, Storage } from '../storage.ts';
import { bytes, entries, key, Recorder, text } from './contract-fixture.ts';
import type { WithStorage } from './storage-contract.ts';

interface ModelEntry {
  value: string;
  modRevision: number;
  createRevision: number;
  indexes: IndexEntry[];
}

type State = ReadonlyMap<string, ModelEntry>;

interface Step {
  compares: { key: string; hold: boolean }[];
  operations: { key: string; value: string | undefined; indexes: IndexEntry[]; ifIndexed: IndexEntry | undefined }[];
  compact: boolean;
}

const keys = fc.constantFrom('/a/1', '/a/2', '/a/\u{1f600}', '/a/\uff01', '/b/1', '/b', '/a');
const row = fc.record({ index: fc.constantFrom('i', 'j'), value: fc.constantFrom('x', 'y', 'é') });
const operation = fc.record({
  key: keys,
  value: fc.option(fc.string({ maxLength: 5 }), { nil: undefined }),
  indexes: fc.array(row, { maxLength: 3 }),
  ifIndexed: fc.option(row, { nil: undefined, freq: 1 }),
});
const step: fc.Arbitrary<Step> = fc.record({
  compares: fc.array(fc.record({ key: keys, hold: fc.boolean() }), { maxLength: 2 }),
  operations: fc.uniqueArray(operation, { selector: (each) => each.key, maxLength: 4 }),
  compact: fc.boolean().map((yes) => yes),
});

/** Random transactions against a store and a plain map; then every revision, index and change is compared. */
export function modelContract(withStorage: WithStorage): void {
  it('agrees with a simple model under random transactions and compactions', { timeout: 60_000 }, () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), (steps) =>
        withStorage(async ({ storage }) => {
          const start = await storage.currentRevision();
          const live = await Recorder.follow(storage, start);
          const states = new Map<number, State>([[start, new Map()]]);
          let current: State = new Map();
          let revision: number = start;
          let compacted = 0;
          for (const each of steps) {
            ({ state: current, revision } = await applyStep(storage, current, revision, each));
            states.set(revision, current);
            if (each.compact && revision % 3 === 0) {
              compacted = revision;
              await storage.compact(revision as Revision);
            }
          }
          for (const [at, state] of states) if (at >= compacted) await expectState(storage, state, at as Revision);
          await expectIndexes(storage, current);
          await live.reached(revision > start ? revision : 0);
          expect(replay(live)).toEqual(plain(current));
          live.close();
        }),
      ),
      { numRuns: 60 },
    ),
  );
}

async function applyStep(
  storage: Storage,
  before: State,
  revision: number,
  step: Step,
): Promise<{ state: State; revision: number }> {
  const compares = step.compares.map((compare): Compare => {
    const actual = before.get(compare.key)?.modRevision ?? 0;
    return { key: key(compare.key), modRevision: (compare.hold ? actual : actual + 1) as Revision };
  });
  const operations = step.operations.map(
    (each): Operation =>
      each.value === undefined
        ? { type: 'delete', key: key(each.key) }
        : {
            type: 'put',
            key: key(each.key),
            value: bytes(each.value),
            indexes: each.indexes,
            ...(each.ifIndexed === undefined ? {} : { ifIndexed: each.ifIndexed }),
          },
  );
  const result = await storage.transact({ compares, operations });
  const failing = step.compares.findIndex((compare) => !compare.hold);
  expect(result.succeeded).toBe(failing === -1);
  if (!result.succeeded) {
    const current = before.get(result.failed.key);
    expect(result.failed).toEqual(compares[failing]);
    expect(text(result.current?.value)).toBe(current?.value);
    return { state: before, revision };
  }
  const state = new Map(before);
  let newest = revision;
  for (const [i, each] of step.operations.entries()) {
    const modRevision = result.revisions[i] as number;
    const existing = state.get(each.key);
    if (each.value === undefined) {
      state.delete(each.key);
      expect(modRevision > 0).toBe(existing !== undefined);
    } else if (each.ifIndexed !== undefined && !isCarried(before, each.ifIndexed)) expect(modRevision).toBe(0);
    else
      state.set(each.key, {
        value: each.value,
        modRevision,
        createRevision: existing?.createRevision ?? modRevision,
        indexes: each.indexes,
      });
    if (modRevision > 0) {
      expect(modRevision).toBeGreaterThan(newest);
      newest = modRevision;
    }
  }
  expect(result.revision).toBe(newest);
  return { state, revision: newest };
}

function isCarried(state: State, row: IndexEntry): boolean {
  return [...state.values()].some(({ indexes }) => carries(indexes, row));
}

function carries(indexes: readonly IndexEntry[], row: IndexEntry): boolean {
  return indexes.some(({ index, value }) => index === row.index && value === row.value);
}

async function expectState(storage: Storage, state: State, revision: Revision): Promise<void> {
  const sorted = [...state].sort(([a], [b]) => compareKeys(a, b));
  const range = await storage.range('', { revision });
  expect(range.items.map((item) => [item.key, text(item.value), item.modRevision, item.createRevision])).toEqual(
    sorted.map(([name, entry]) => [name, entry.value, entry.modRevision, entry.createRevision]),
  );
  const below = sorted.filter(([name]) => name.startsWith('/a/')).map(([name, entry]) => `${name}=${entry.value}`);
  const page = await storage.range('/a/', { revision, limit: 2 });
  expect(entries(page)).toEqual(below.slice(0, 2));
  expect(page.more).toBe(below.length > 2);
}

async function expectIndexes(storage: Storage, state: State): Promise<void> {
  for (const index of ['i', 'j']) {
    const values = new Set<string>();
    for (const value of ['x', 'y', 'é']) {
      const expected = [...state].filter(([, entry]) => carries(entry.indexes, { index, value })).map(([name]) => name);
      if (expected.length > 0) values.add(value);
      const found = await storage.rangeIndex(index, value);
      expect(found.items.map((item) => item.key)).toEqual(expected.sort(compareKeys));
    }
    expect(await storage.indexValues(index, '')).toEqual([...values].sort(compareKeys));
  }
  expect(await storage.count('')).toBe(state.size);
}

function replay(recorder: Recorder): Record<string, string | undefined> {
  const state: Record<string, string | undefined> = {};
  for (const change of recorder.changes) {
    if (change.type === 'delete') delete state[change.key];
    else state[change.key] = text(change.value);
  }
  return state;
}

function plain(state: State): Record<string, string> {
  return Object.fromEntries([...state].map(([name, entry]) => [name, entry.value]));
}
