import { storageLimits } from '@canopy/storage';
import { describe, expect, it } from 'vitest';
import { bindingIndexEntries, boundSchemaIndex, schemasOfIndexValue } from './binding-indexes.ts';

function bindingOf(uids: readonly string[]) {
  return {
    apiVersion: 'apis.kcp.io/v1alpha2',
    kind: 'APIBinding',
    metadata: { name: 'shop' },
    status: {
      phase: 'Bound',
      boundResources: uids.map((UID) => ({ schema: { UID } })),
      conditions: ['APIExportValid', 'BindingUpToDate', 'PermissionClaimsApplied'].map((type) => ({
        type,
        status: 'True',
      })),
    },
  };
}

describe('index rows of a binding', () => {
  it('name its schemas in one value, whatever their order', () => {
    const entries = bindingIndexEntries(bindingOf(['b', 'a', 'b']));
    expect(entries).toEqual([{ index: boundSchemaIndex, value: 'a,b' }]);
    expect(bindingIndexEntries(bindingOf(['a', 'b']))).toEqual(entries);
    expect(schemasOfIndexValue('a,b')).toEqual(['a', 'b']);
  });

  it('stay within what the store takes, however many schemas there are', () => {
    const uids = Array.from({ length: 1234 }, (_, i) => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`);
    const entries = bindingIndexEntries(bindingOf(uids));
    expect(entries.flatMap(({ value }) => schemasOfIndexValue(value))).toEqual(uids);
    for (const { value } of entries) expect(value.length).toBeLessThanOrEqual(storageLimits.keyLength);
  });
});
