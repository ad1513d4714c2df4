import {
  deepEqual,
  type KubeObject,
  type LabelSelectorExpression,
  type LabelSelectorObject,
  labelSelectorOf,
} from '@canopy/apimachinery';

export interface PartitionSetSpec {
  dimensions?: string[];
  shardSelector?: LabelSelectorObject;
}

/** A partition that a set wants: its selector, and what its name starts with. */
export interface WantedPartition {
  selector: { matchLabels?: Record<string, string>; matchExpressions?: LabelSelectorExpression[] };
  generateName: string;
}

const longestName = 252;

/** One partition per combination of dimension values that some shard has; shards without one of the labels do not count. */
export function wantedPartitions(
  setName: string,
  spec: PartitionSetSpec,
  shards: readonly KubeObject[],
): WantedPartition[] {
  const selector = spec.shardSelector === undefined ? undefined : labelSelectorOf(spec.shardSelector);
  const dimensions = [...new Set(spec.dimensions ?? [])].sort();
  const wanted = new Map<string, WantedPartition>();
  for (const { metadata } of shards) {
    const labels = metadata.labels ?? {};
    if (selector?.matches(labels) === false) continue;
    const values = dimensions.map((key) => labels[key]);
    if (values.some((value) => value === undefined)) continue;
    const own = Object.fromEntries(dimensions.map((key, i) => [key, values[i] as string]));
    const matchLabels = { ...spec.shardSelector?.matchLabels, ...own };
    const matchExpressions = spec.shardSelector?.matchExpressions;
    wanted.set(values.join('\n'), {
      selector: {
        ...(Object.keys(matchLabels).length > 0 ? { matchLabels } : {}),
        ...(matchExpressions === undefined || matchExpressions.length === 0 ? {} : { matchExpressions }),
      },
      generateName: `${[setName, ...values]
        .join('-')
        .toLowerCase()
        .slice(0, longestName - 1)}-`,
    });
  }
  return [...wanted.values()];
}

export interface PartitionsDecision {
  create: WantedPartition[];
  remove: KubeObject[];
}

export function decidePartitions(
  wanted: readonly WantedPartition[],
  existing: readonly KubeObject[],
): PartitionsDecision {
  const selectorOf = (partition: KubeObject): unknown =>
    (partition.spec as { selector?: unknown } | undefined)?.selector ?? {};
  const kept = new Set<WantedPartition>();
  const remove: KubeObject[] = [];
  for (const partition of existing) {
    const match = wanted.find(
      (candidate) => !kept.has(candidate) && deepEqual(candidate.selector, selectorOf(partition)),
    );
    if (match === undefined) remove.push(partition);
    else kept.add(match);
  }
  return { create: wanted.filter((candidate) => !kept.has(candidate)), remove };
}
