import type { Change, Revision, StorageKey } from '@canopy/storage';
import { describe, expect, it } from 'vitest';
import { withoutEndedClusters } from './ended-clusters.ts';

function change(type: 'put' | 'delete', key: string): Change {
  const revision = 1 as Revision;
  return {
    type,
    key: key as StorageKey,
    revision,
    value: undefined,
    createRevision: revision,
    previous: undefined,
    previousRevision: 0,
  };
}

describe('withoutEndedClusters', () => {
  it('keeps the end of a cluster and leaves out what went with it', () => {
    const end = change('delete', '/r/core.kcp.io/logicalclusters/one/-/cluster');
    const workspace = change('delete', '/r/tenancy.kcp.io/workspaces/root/-/one');
    const left = withoutEndedClusters([
      change('delete', '/r/core/configmaps/one/default/a'),
      end,
      workspace,
      change('delete', '/r/example.com/widgets:hash/one/-/b'),
    ]);
    expect(left).toEqual([end, workspace]);
  });

  it('keeps deletions in clusters that live, writes, and keys that are no objects', () => {
    const changes = [
      change('delete', '/r/core.kcp.io/logicalclusters/one/-/cluster'),
      change('delete', '/r/core/configmaps/two/default/a'),
      change('put', '/r/core/configmaps/one/default/a'),
      change('delete', '/w/gc/one/uid'),
    ];
    expect(withoutEndedClusters(changes)).toEqual(changes);
  });
});
