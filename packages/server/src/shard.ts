import type { ShardSettings } from '@canopy/kcp';

/** {@link ShardSettings} as data, which other threads can be given. */
export type ShardData = Omit<ShardSettings, 'matches'>;

export function shardSettings(data: ShardData): ShardSettings {
  return { ...data, matches: (selector) => matchesShard(selector, { name: data.name }) };
}

function matchesShard(selector: Parameters<ShardSettings['matches']>[0], labels: Record<string, string>): boolean {
  if (selector === undefined) return true;
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) if (labels[key] !== value) return false;
  return (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    const value = labels[key];
    if (operator === 'Exists') return value !== undefined;
    if (operator === 'DoesNotExist') return value === undefined;
    const inside = value !== undefined && values.includes(value);
    return operator === 'In' ? inside : !inside;
  });
}
