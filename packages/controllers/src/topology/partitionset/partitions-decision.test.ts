import type { KubeObject } from '@canopy/apimachinery';
import { describe, expect, it } from 'vitest';
import { decidePartitions, wantedPartitions } from './partitions-decision.ts';

const shard = (name: string, labels: Record<string, string>): KubeObject => ({
  apiVersion: 'core.kcp.io/v1alpha1',
  kind: 'Shard',
  metadata: { name, labels },
});
const shards = [
  shard('a', { region: 'EU', zone: '1' }),
  shard('b', { region: 'EU', zone: '1' }),
  shard('c', { region: 'US', zone: '2' }),
  shard('d', { zone: '3' }),
];

describe('wantedPartitions', () => {
  it('gives each combination of values one partition, without shards that lack a label', () => {
    const wanted = wantedPartitions('set', { dimensions: ['zone', 'region'] }, shards);
    expect(wanted).toEqual([
      { selector: { matchLabels: { region: 'EU', zone: '1' } }, generateName: 'set-eu-1-' },
      { selector: { matchLabels: { region: 'US', zone: '2' } }, generateName: 'set-us-2-' },
    ]);
  });

  it('merges the selector of the set into those of its partitions', () => {
    const matchExpressions = [{ key: 'region', operator: 'In' as const, values: ['US'] }];
    const wanted = wantedPartitions(
      'set',
      { dimensions: ['zone'], shardSelector: { matchLabels: { region: 'US' }, matchExpressions } },
      shards,
    );
    expect(wanted).toEqual([
      { selector: { matchLabels: { region: 'US', zone: '2' }, matchExpressions }, generateName: 'set-2-' },
    ]);
  });
});

describe('decidePartitions', () => {
  it('keeps what fits, creates what is missing, removes what is not wanted or there twice', () => {
    const partition = (name: string, region: string): KubeObject => ({
      apiVersion: 'topology.kcp.io/v1alpha1',
      kind: 'Partition',
      metadata: { name },
      spec: { selector: { matchLabels: { region } } },
    });
    const wanted = ['EU', 'US'].map((region) => ({ selector: { matchLabels: { region } }, generateName: 'set-' }));
    const decision = decidePartitions(wanted, [
      partition('one', 'EU'),
      partition('two', 'EU'),
      partition('three', 'AP'),
    ]);
    expect(decision.create).toEqual([wanted[1]]);
    expect(decision.remove.map(({ metadata }) => metadata.name)).toEqual(['two', 'three']);
  });
});
