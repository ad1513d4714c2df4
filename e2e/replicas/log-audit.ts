import { firstObjects } from '../faults/store-audit.ts';
import { parseKey } from '../faults/store-snapshot.ts';
import type { LoggedChange } from './etcd-view.ts';

const first = new Set(firstObjects.map((words) => words.join(' ')));

/** First objects of logical clusters, as they came into being. */
function births(history: readonly LoggedChange[]): (LoggedChange & { cluster: string; what: string })[] {
  return history.flatMap((change) => {
    const at = parseKey(change.key);
    if (at === undefined || change.type !== 'ADDED' || at.cluster === 'root' || at.cluster.startsWith('system:'))
      return [];
    const what = `${at.resource} ${at.namespace} ${at.name}`;
    return first.has(what) ? [{ ...change, cluster: at.cluster, what }] : [];
  });
}

/** Logical clusters whose first objects did not come in one transaction; in words. */
export function scattered(history: readonly LoggedChange[]): string[] {
  const found: string[] = [];
  for (const [cluster, born] of Map.groupBy(births(history), ({ cluster }) => cluster)) {
    const transactions = new Set(born.map(({ transaction }) => transaction));
    if (transactions.size > 1) found.push(`${cluster} came into being in ${transactions.size} transactions`);
  }
  return found;
}

/** What was made twice: first objects of a logical cluster, and Events; in words. */
export function repeated(history: readonly LoggedChange[]): string[] {
  const found: string[] = [];
  const events = history.filter(({ key, type }) => type === 'ADDED' && key.startsWith('/r/core/events/'));
  for (const [key, made] of Map.groupBy([...births(history), ...events], ({ key }) => key))
    if (made.length > 1) found.push(`${key} was made ${made.length} times`);
  const workspaces = history.filter(({ key }) => parseKey(key)?.resource === 'tenancy.kcp.io/workspaces');
  const made = workspaces.filter(({ type }) => type === 'ADDED').length;
  const clusters = births(history).filter(({ what }) => what.startsWith('core.kcp.io/logicalclusters ')).length;
  if (made !== clusters) found.push(`${clusters} logical clusters for ${made} workspaces`);
  return found;
}
