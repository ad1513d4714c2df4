import { median } from '../load/latencies.ts';

export interface Verdict {
  /** Median of the rounds' ratios, and between which of them the true median lies in at least 95 of 100 cases. */
  ratio: number;
  low: number;
  high: number;
  /** `unclear`: 1 is among these, or nearly. */
  kind: 'more' | 'less' | 'unclear';
}

/** Two runs of the same code may differ by so much for good: where code and data lie in memory, what was compiled when. */
const sameCode = 0.05;
const doubt = 0.05;

/** Of ratios that were measured in pairs. The interval is that of the sign test, which assumes nothing of their distribution. */
export function verdictOf(ratios: readonly number[]): Verdict {
  const sorted = Float64Array.from(ratios).sort();
  const cut = droppedAtEachEnd(sorted.length);
  const low = cut < 0 ? 0 : (sorted[cut] as number);
  const high = cut < 0 ? Number.POSITIVE_INFINITY : (sorted[sorted.length - 1 - cut] as number);
  const ratio = median(ratios);
  const kind = low > 1 && ratio > 1 + sameCode ? 'more' : high < 1 && ratio < 1 - sameCode ? 'less' : 'unclear';
  return { ratio, low, high, kind };
}

/** How many of the least and of the greatest may be left out; -1 when there are too few to say anything. */
function droppedAtEachEnd(count: number): number {
  let below = 0.5 ** count;
  let term = below;
  let dropped = -1;
  while (2 * below <= doubt) {
    dropped += 1;
    term = (term * (count - dropped)) / (dropped + 1);
    below += term;
  }
  return dropped;
}
