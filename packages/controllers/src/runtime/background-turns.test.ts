import { expect, it } from 'vitest';
import { BackgroundTurns } from './background-turns.ts';

/** Turns whose time passes as the pieces say, and what happened in which order. */
function recorded(): { turns: BackgroundTurns; happened: string[]; spend(piece: string, ms: number): void } {
  let now = 0;
  const happened: string[] = [];
  return {
    turns: new BackgroundTurns({ now: () => now }),
    happened,
    spend(piece, ms) {
      happened.push(piece);
      now += ms;
    },
  };
}

/** Somebody else's work in each of the next turns of the event loop. */
async function others(happened: string[], turns: number): Promise<void> {
  for (let i = 0; i < turns; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    happened.push('others');
  }
}

it('work in the background takes its slice of a turn in the order of asking, and goes on in the next', async () => {
  const { turns, happened, spend } = recorded();
  for (const piece of ['a', 'b', 'c', 'd']) turns.enter(() => spend(piece, 1.1));
  await others(happened, 2);
  expect(happened).toEqual(['a', 'b', 'others', 'c', 'd', 'others']);
});

it('a piece has ended when it waits for something, not at its first await', async () => {
  const { turns, happened, spend } = recorded();
  const pieces = ['a', 'b'].map(async (piece) => {
    await turns.next();
    for (let i = 0; i < 10; i++) await undefined;
    spend(piece, 5);
  });
  await others(happened, 2);
  expect(happened).toEqual(['a', 'others', 'b', 'others']);
  await Promise.all(pieces);
});

it('a piece may ask for the next one', async () => {
  const { turns, happened, spend } = recorded();
  turns.enter(() => {
    spend('a', 0.1);
    turns.enter(() => spend('after a', 0.1));
  });
  turns.enter(() => spend('b', 0.1));
  await others(happened, 1);
  expect(happened).toEqual(['a', 'b', 'after a', 'others']);
});
