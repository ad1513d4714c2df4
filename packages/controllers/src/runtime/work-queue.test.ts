import { systemClock } from '@canopy/storage';
import { ManualClock } from '@canopy/storage/testing';
import { describe, expect, it } from 'vitest';
import { firstRetryMs, longestRetryMs, WorkQueue } from './work-queue.ts';

interface Gate {
  handled: string[];
  open(): void;
}

function gatedQueue(concurrency: number): { queue: WorkQueue; gate: Gate } {
  const opens: (() => void)[] = [];
  const gate: Gate = { handled: [], open: () => opens.shift()?.() };
  const queue = new WorkQueue({
    clock: systemClock,
    concurrency,
    turn: (begin) => begin(),
    async handle(key) {
      gate.handled.push(key);
      await new Promise<void>((resolve) => opens.push(resolve));
      return undefined;
    },
    failed: () => undefined,
  });
  return { queue, gate };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('WorkQueue', () => {
  it('handles a key once however often it was asked for while it waited', async () => {
    const { queue, gate } = gatedQueue(1);
    queue.add('first', 1);
    for (let i = 0; i < 5; i++) queue.add('second', i);
    gate.open();
    await turn();
    gate.open();
    await turn();
    expect(gate.handled).toEqual(['first', 'second']);
    expect(queue.pending().size).toBe(0);
  });

  it('handles a key again that was asked for while it was handled, and never twice at a time', async () => {
    const { queue, gate } = gatedQueue(5);
    queue.add('key', 1);
    queue.add('key', 2);
    expect(gate.handled).toEqual(['key']);
    gate.open();
    await turn();
    expect(gate.handled).toEqual(['key', 'key']);
    gate.open();
    await turn();
    expect(queue.pending().size).toBe(0);
  });

  it('handles no more keys at a time than it may', () => {
    const { queue, gate } = gatedQueue(3);
    for (let i = 0; i < 10; i++) queue.add(`key-${i}`, i);
    expect(gate.handled).toHaveLength(3);
    expect(queue.busy).toBe(10);
  });

  it('remembers the oldest revision that asked for a key', () => {
    const { queue } = gatedQueue(1);
    queue.add('running', 1);
    queue.add('key', 9);
    queue.add('key', 7);
    queue.add('key', 8);
    expect(queue.revisionOf('key')).toBe(7);
  });

  it('tries a failing key again, later each time, up to a longest delay', async () => {
    const clock = new ManualClock();
    const delays: number[] = [];
    const queue = new WorkQueue({
      clock,
      concurrency: 1,
      turn: (begin) => begin(),
      handle: () => Promise.reject(new Error('not today')),
      failed: (_key, _error, retryMs) => delays.push(retryMs),
    });
    queue.add('key', 1);
    await turn();
    for (let i = 0; i < 15; i++) {
      clock.advance(delays[delays.length - 1] as number);
      await turn();
    }
    expect(delays.slice(0, 4)).toEqual([firstRetryMs, firstRetryMs * 2, firstRetryMs * 4, firstRetryMs * 8]);
    expect(delays.at(-1)).toBe(longestRetryMs);
  });

  it('lets an earlier request move a delayed key forward, and a later one not push it back', async () => {
    const clock = new ManualClock();
    const handled: number[] = [];
    const queue = new WorkQueue({
      clock,
      concurrency: 1,
      turn: (begin) => begin(),
      async handle() {
        handled.push(clock.now());
        return undefined;
      },
      failed: () => undefined,
    });
    const start = clock.now();
    queue.add('key', 1, 1000);
    queue.add('key', 2, 100);
    queue.add('key', 3, 5000);
    clock.advance(10_000);
    await turn();
    expect(handled).toEqual([start + 100]);
  });

  it('waits when it stops for what is being handled, and keeps the rest as pending', async () => {
    const { queue, gate } = gatedQueue(1);
    queue.add('running', 1);
    queue.add('waiting', 2);
    let stopped = false;
    const stopping = queue.stop().then(() => {
      stopped = true;
    });
    await turn();
    expect(stopped).toBe(false);
    gate.open();
    await stopping;
    expect(gate.handled).toEqual(['running']);
    expect([...queue.pending().keys()]).toEqual(['waiting']);
  });
});
