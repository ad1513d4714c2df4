import type { Spread } from '../load/latencies.ts';
import type { FairnessRow } from './measure-fairness.ts';
import { tenantVerbs } from './tenant.ts';

const nameWidth = 22;
const spreadWidth = 34;
const figureWidth = 9;

/**
 * For each verb, and for what the main thread does: p50 and p99 beside the flood, how many times those alone they are, and
 * how many times those while another server of the same machine has the flood.
 */
export function titleText(): string {
  const spreads = [...tenantVerbs, 'main thread', 'turn'].map((what) => `${what}, ms`.padStart(spreadWidth));
  const figures = ['us/req', 'served', '429', 'failed', 'main %', 'busy %', 'flood %'];
  return line('beside a flood of', spreads, figures);
}

export function rowText(row: FairnessRow): string {
  const { alone, elsewhere, beside, flood } = row;
  const spreads = [
    ...tenantVerbs.map((verb) => spreadText(beside.verbs[verb], alone.verbs[verb], elsewhere.verbs[verb])),
    spreadText(beside.worked, alone.worked, elsewhere.worked),
    spreadText(beside.turns, alone.turns, elsewhere.turns),
  ];
  const failed = row.tenantFailed + Object.values(flood.failed).reduce((sum, count) => sum + count, 0);
  const percents = [row.mainRan, row.mainBusy, row.floodRan].map((percent) => percent.toFixed(0));
  return line(row.name, spreads, [row.mainMicros.toFixed(0), flood.served, flood.refused, failed, ...percents]);
}

function spreadText(now: Spread, ...others: Spread[]): string {
  const times = others.map(({ p50, p99 }) => `${(now.p50 / p50).toFixed(1)} ${(now.p99 / p99).toFixed(1)}`);
  return `${now.p50.toFixed(2)} ${now.p99.toFixed(1)}: ${times.join(', ')}`.padStart(spreadWidth);
}

function line(name: string, spreads: readonly string[], figures: readonly (string | number)[]): string {
  const padded = figures.map((figure) => String(figure).padStart(figureWidth));
  return `${name.padEnd(nameWidth)}${spreads.join('')}${padded.join('')}\n`;
}
