import { ChangeHub, MemoryStorage, type Storage, StorageError } from '@canopy/storage';
import { ManualClock } from '@canopy/storage/testing';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ControllerLogger } from './controller.ts';
import { type Hold, WorkShares } from './work-shares.ts';

const units = ['a', 'b/c', 'd', 'e', 'f', 'g', 'h'];
const silent: ControllerLogger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const silentMs = 5000;

let clock: ManualClock;
let storage: MemoryStorage;
/** Who does a unit; more than one at a time is what must never be while leases are honoured. */
let doing: Map<string, string[]>;
let ended: string[];
let replicas: Replica[];

beforeEach(begin);
afterEach(end);

function begin(): void {
  clock = new ManualClock();
  storage = new MemoryStorage({ clock });
  doing = new Map(units.map((unit) => [unit, []]));
  ended = [];
  replicas = [];
}

async function end(): Promise<void> {
  for (const each of replicas) each.reachable = true;
  await Promise.all(replicas.map(({ shares }) => shares.stop()));
  for (const { hub } of replicas) hub.close();
  await storage.close();
}

interface Replica {
  name: string;
  shares: WorkShares;
  hub: ChangeHub;
  holds: Map<string, Hold>;
  /** Cuts the process off from the store, as a pause or a broken network does. */
  reachable: boolean;
  /** Hears of no changes any more. */
  deaf: boolean;
}

async function replica(name: string): Promise<Replica> {
  const own: Replica = {
    name,
    hub: undefined as never,
    holds: new Map(),
    reachable: true,
    deaf: false,
    shares: undefined as never,
  };
  own.hub = await ChangeHub.start(hardOfHearing(storage, () => own.deaf));
  const seen: Storage = new Proxy(storage, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) =>
        own.reachable
          ? (Reflect.apply(value, target, args) as unknown)
          : Promise.reject(new StorageError('StorageFailed', 'not reachable'));
    },
  });
  own.shares = new WorkShares({
    storage: seen,
    hub: own.hub,
    clock,
    logger: silent,
    replica: name,
    units,
    async begin(unit, hold) {
      doing.get(unit)?.push(name);
      own.holds.set(unit, hold);
      return {
        async stop(why) {
          own.holds.delete(unit);
          doing.set(unit, doing.get(unit)?.filter((other) => other !== name) ?? []);
          ended.push(`${name} ${why}`);
        },
      };
    },
  });
  replicas.push(own);
  await own.shares.start();
  return own;
}

function hardOfHearing(real: Storage, deaf: () => boolean): Storage {
  return new Proxy(real, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (property !== 'follow') return typeof value === 'function' ? value.bind(target) : value;
      const follow: Storage['follow'] = (after, follower) =>
        real.follow(after, {
          onChanges: (changes) => (deaf() ? undefined : follower.onChanges(changes)),
          onError: (error) => follower.onError(error),
        });
      return follow;
    },
  });
}

/** Lets messages between the replicas run until nothing moves. */
async function calm(): Promise<void> {
  for (let i = 0; i < 50; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.all(replicas.map(({ shares }) => shares.balanced()));
  }
}

async function pass(ms: number, check: () => void = () => undefined): Promise<void> {
  for (let passed = 0; passed < ms; passed += 500) {
    clock.advance(500);
    await calm();
    check();
  }
}

function counts(): number[] {
  return replicas.map(({ shares }) => shares.units.length);
}

describe('shares of work', () => {
  it('are all of it for a replica that is alone, at once', async () => {
    const { shares } = await replica('one');
    expect([...shares.units].sort()).toEqual([...units].sort());
  });

  it('are even as replicas come, with each unit done by exactly one', async () => {
    await replica('one');
    await replica('two');
    await calm();
    expect(counts().sort()).toEqual([3, 4]);
    await replica('three');
    await calm();
    expect(counts().every((count) => count <= 3 && count >= 1)).toBe(true);
    expect([...doing.values()].every((who) => who.length === 1)).toBe(true);
    expect(ended.every((line) => line.endsWith('handed-over'))).toBe(true);
  });

  it('go over without waiting for time to pass when a replica stops', async () => {
    const one = await replica('one');
    const two = await replica('two');
    await calm();
    await one.shares.stop();
    await calm();
    expect(one.shares.units).toEqual([]);
    expect(two.shares.units).toHaveLength(units.length);
    expect([...doing.values()]).toEqual(units.map(() => ['two']));
  });

  it.each([0, 700, 1200])('of a replica that is gone are with the others %i ms and five seconds later', async (ms) => {
    const one = await replica('one');
    const two = await replica('two');
    await pass(ms);
    one.reachable = false;
    await pass(silentMs - 1500);
    expect(two.shares.units.length).toBeLessThan(units.length);
    await pass(1500);
    expect(two.shares.units).toHaveLength(units.length);
  });

  it('stay with a replica that is slow, and is heard of just in time', async () => {
    const one = await replica('one');
    await replica('two');
    await calm();
    const before = [...one.shares.units];
    for (let i = 0; i < 5; i++) {
      one.reachable = false;
      await pass(3500);
      one.reachable = true;
      await pass(1500);
    }
    expect(one.shares.units).toEqual(before);
    expect(ended.filter((line) => line.endsWith('lost'))).toEqual([]);
  });

  it('stay where they are when nobody could reach the store for a while', async () => {
    await replica('one');
    await replica('two');
    await replica('three');
    await calm();
    const before = replicas.map(({ shares }) => [...shares.units]);
    const handedOver = [...ended];
    for (const each of replicas) each.reachable = false;
    await pass(20_000);
    expect(counts()).toEqual([0, 0, 0]);
    for (const each of replicas) {
      each.reachable = true;
      await pass(2000);
    }
    await pass(20_000);
    expect(replicas.map(({ shares }) => shares.units)).toEqual(before);
    expect(ended).toEqual(handedOver);
  });

  it('stay with a replica that another one does not hear of, since its changes arrive late', async () => {
    const one = await replica('one');
    const two = await replica('two');
    await calm();
    const before = replicas.map(({ shares }) => [...shares.units]);
    two.deaf = true;
    await pass(4 * silentMs);
    expect(replicas.map(({ shares }) => shares.units)).toEqual(before);
    expect(one.shares.units.length).toBeGreaterThan(0);
  });

  it('are given up by a replica that cannot renew, no later than another one may take them', async () => {
    const one = await replica('one');
    await replica('two');
    await calm();
    const holds = [...one.holds.values()];
    one.reachable = false;
    for (let passed = 0; passed < silentMs + 2000; passed += 500) {
      clock.advance(500);
      await calm();
      for (const [unit, who] of doing) {
        const active = who.filter((name) => name === 'two' || one.holds.get(unit)?.active() === true);
        expect(active.length, `${unit} after ${passed} ms`).toBeLessThanOrEqual(1);
      }
    }
    expect(holds.map((hold) => hold.active())).toEqual(holds.map(() => false));
  });

  it('go over at once from a replica that no longer hears of changes', async () => {
    const one = await replica('one');
    const two = await replica('two');
    await calm();
    one.hub.close();
    await calm();
    expect(one.shares.units).toEqual([]);
    expect(two.shares.units).toHaveLength(units.length);
  });

  it('fence out a former holder that wakes up', async () => {
    const one = await replica('one');
    await replica('two');
    await calm();
    const [hold] = one.holds.values();
    one.reachable = false;
    await pass(8000);
    const key = 'late' as Hold['fence']['key'];
    const late = await storage.transact({
      compares: [hold?.fence as Hold['fence']],
      operations: [{ type: 'put', key: `/w/${key}` as typeof key, value: new Uint8Array() }],
    });
    expect(late.succeeded).toBe(false);
  });

  it('come back to a replica that reaches the store again', async () => {
    const one = await replica('one');
    await replica('two');
    await calm();
    one.reachable = false;
    await pass(8000);
    expect(one.shares.units).toEqual([]);
    one.reachable = true;
    await pass(8000);
    expect(counts().sort()).toEqual([3, 4]);
    expect([...doing.values()].every((who) => who.length === 1)).toBe(true);
  });

  it('are taken again when the answer to a take was lost', async () => {
    const key = '/w/shares/holder/a' as Hold['fence']['key'];
    const value = new TextEncoder().encode(JSON.stringify({ replica: 'one' }));
    await storage.transact({ compares: [], operations: [{ type: 'put', key, value }] });
    const one = await replica('one');
    await calm();
    expect(one.shares.units).toHaveLength(units.length);
  });

  it("are never anybody's twice, and somebody's in the end, however replicas lose touch with the store", async () => {
    const step = fc.record({
      who: fc.integer({ min: 0, max: 2 }),
      reachable: fc.boolean(),
      ms: fc.integer({ min: 1, max: 14 }).map((n) => n * 500),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
        await end();
        begin();
        for (const name of ['one', 'two', 'three']) await replica(name);
        for (const { who, reachable, ms } of steps) {
          (replicas[who] as Replica).reachable = reachable;
          await pass(ms, onceAtMost);
        }
        for (const each of replicas) each.reachable = true;
        await pass(20_000, onceAtMost);
        expect(replicas.flatMap(({ shares }) => shares.units).sort()).toEqual([...units].sort());
        expect([...doing.values()].map((who) => who.length)).toEqual(units.map(() => 1));
      }),
      { numRuns: 25 },
    );
  });
});

/** Of those that do a unit, as many as are sure that it is theirs. */
function onceAtMost(): void {
  for (const unit of units) {
    const active = replicas.filter(({ holds }) => holds.get(unit)?.active() === true);
    expect(active.map(({ name }) => name).length, unit).toBeLessThanOrEqual(1);
  }
}
