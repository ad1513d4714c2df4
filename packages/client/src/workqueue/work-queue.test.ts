import { describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../testing/fake-clock.ts';
import { ExponentialLimiter, TokenBucketLimiter } from './rate-limiter.ts';
import { WorkQueue } from './work-queue.ts';

function queueOf(clock = new FakeClock()) {
  const queue = new WorkQueue<string>({
    keyOf: (item) => item,
    groupOf: (item) => item[0]!,
    limiter: new ExponentialLimiter({ firstMs: 10, longestMs: 35 }),
    clock,
  });
  return { queue, clock };
}

describe('a work queue', () => {
  it('holds an item once, and gives it out again only after it is done', async () => {
    const { queue } = queueOf();
    queue.add('a1');
    queue.add('a1');
    expect(queue.length).toBe(1);
    await queue.take();
    queue.add('a1');
    expect(queue.length).toBe(0);
    queue.done('a1');
    expect(queue.length).toBe(1);
  });

  it('lets groups take turns', async () => {
    const { queue } = queueOf();
    for (const item of ['a1', 'a2', 'a3', 'b1', 'c1', 'c2']) queue.add(item);
    const order: (string | undefined)[] = [];
    for (let i = 0; i < 6; i++) order.push(await queue.take());
    expect(order).toEqual(['a1', 'b1', 'c1', 'a2', 'c2', 'a3']);
  });

  it('adds after a delay, the shortest of several', async () => {
    const { queue, clock } = queueOf();
    queue.addAfter('a1', 100);
    queue.addAfter('a1', 50);
    queue.addAfter('a1', 200);
    await clock.advance(49);
    expect(queue.length).toBe(0);
    await clock.advance(1);
    expect(queue.length).toBe(1);
    expect(clock.pending).toBe(0);
  });

  it.each([24 * 3600_000, -24 * 3600_000])('keeps to its delays when the clock is set by %i ms', async (jumpMs) => {
    const { queue, clock } = queueOf();
    queue.addAfter('a1', 100);
    clock.jump(jumpMs);
    queue.addAfter('a1', 50);
    queue.addAfter('a2', 70);
    await clock.advance(49);
    expect(queue.length).toBe(0);
    await clock.advance(1);
    expect(queue.length).toBe(1);
    await clock.advance(20);
    expect(queue.length).toBe(2);
    expect(clock.pending).toBe(0);
  });

  it('doubles the delay of an item that fails, up to a limit, until it is forgotten', async () => {
    const { queue, clock } = queueOf();
    const delays: number[] = [];
    const fail = async () => {
      queue.addRateLimited('a1');
      let waited = 0;
      for (; queue.length === 0; waited++) await clock.advance(1);
      queue.done((await queue.take())!);
      delays.push(waited);
    };
    for (let i = 0; i < 4; i++) await fail();
    queue.forget('a1');
    await fail();
    expect(delays).toEqual([10, 20, 35, 35, 10]);
  });

  it('hands items to those that wait, and undefined once it is shut down', async () => {
    const { queue } = queueOf();
    const [first, second] = [queue.take(), queue.take()];
    queue.add('a1');
    expect(await first).toBe('a1');
    let ended = false;
    const ending = queue.shutDown().then(() => {
      ended = true;
    });
    expect(await second).toBeUndefined();
    await settle();
    expect(ended).toBe(false);
    queue.done('a1');
    await ending;
    expect(ended).toBe(true);
  });

  it('gives out what waits before it ends, and takes nothing more', async () => {
    const { queue, clock } = queueOf();
    queue.add('a1');
    queue.addAfter('a2', 10);
    const ending = queue.shutDown();
    queue.add('a3');
    expect(await queue.take()).toBe('a1');
    queue.done('a1');
    await ending;
    expect(await queue.take()).toBeUndefined();
    expect(clock.pending).toBe(0);
  });
});

describe('a token bucket', () => {
  it('delays what comes faster than its rate once the burst is used', async () => {
    const clock = new FakeClock();
    const bucket = new TokenBucketLimiter({ clock, perSecond: 10, burst: 2 });
    expect([bucket.delayMs(), bucket.delayMs(), bucket.delayMs(), bucket.delayMs()]).toEqual([0, 0, 100, 200]);
    await clock.advance(1_000);
    expect(bucket.delayMs()).toBe(0);
  });

  it('fills as fast when the clock is set', async () => {
    const clock = new FakeClock();
    const bucket = new TokenBucketLimiter({ clock, perSecond: 10, burst: 2 });
    clock.jump(-24 * 3600_000);
    expect([bucket.delayMs(), bucket.delayMs(), bucket.delayMs()]).toEqual([0, 0, 100]);
    clock.jump(24 * 3600_000);
    expect(bucket.delayMs()).toBe(200);
  });
});
