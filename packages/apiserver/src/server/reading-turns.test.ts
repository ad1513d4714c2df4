import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Reading, ReadingTurns } from './reading-turns.ts';

const eachTakesMs = 0.1;

/** Connections that have requests to read, and an event loop whose turns are made by hand. */
class Readers {
  time = 0;
  private callbacks: (() => void)[] = [];
  readonly turns: ReadingTurns;
  /** Names of connections, in the order in which their requests were read. */
  readonly read: string[] = [];

  constructor(requestsEach: number, ms: number) {
    const afterInput = (callback: () => void): void => void this.callbacks.push(callback);
    this.turns = new ReadingTurns({ requestsEach, ms, now: () => this.time, afterInput });
  }

  /** Sends requests that come in now. */
  send(name: string, count: number): void {
    let left = count;
    const take = (): void => {
      left -= 1;
      this.read.push(name);
      this.time += eachTakesMs;
    };
    const reading: Reading = {
      readInTurn: 0,
      turn: 0,
      readOn: () => {
        take();
        while (left > 0 && this.turns.mayRead(reading)) take();
      },
    };
    while (left > 0 && this.turns.mayRead(reading)) take();
  }

  turn(): boolean {
    const callbacks = this.callbacks.splice(0);
    for (const callback of callbacks) callback();
    return callbacks.length > 0;
  }
}

describe('reading in turns', () => {
  it('lets a connection with few requests read them all at once, whatever the others have', () => {
    const readers = new Readers(2, 0.5);
    readers.send('many', 1000);
    expect(readers.read.length).toBeLessThanOrEqual(6);
    readers.send('few', 2);
    expect(readers.read.slice(-2)).toEqual(['few', 'few']);
    readers.turn();
    readers.send('few', 2);
    expect(readers.read.slice(-2)).toEqual(['few', 'few']);
  });

  it('reads everything in the end, and in no turn more than the slice and a few of each', () => {
    const counts = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 5 }), fc.nat(20), (requests, each, tenths) => {
        const readers = new Readers(each, tenths / 10);
        requests.forEach((count, i) => {
          readers.send(String(i), count);
        });
        let before = 0;
        const most = tenths + (each + 2) * requests.length;
        expect(readers.read.length).toBeLessThanOrEqual(most);
        do {
          expect(readers.read.length - before).toBeLessThanOrEqual(most);
          before = readers.read.length;
        } while (readers.turn());
        requests.forEach((count, i) => {
          expect(readers.read.filter((name) => name === String(i))).toHaveLength(count);
        });
      }),
    );
  });

  it('takes those that wait one after the other', () => {
    const readers = new Readers(1, 0);
    for (const name of ['a', 'b', 'c']) readers.send(name, 30);
    for (let turn = 0; turn < 9; turn++) readers.turn();
    const counts = ['a', 'b', 'c'].map((name) => readers.read.filter((other) => other === name).length);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(2);
  });
});
