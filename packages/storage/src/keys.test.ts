import { describe, expect, it } from 'vitest';
import { objectKey, objectPrefix, parseObjectKey } from './keys.ts';

describe('object keys', () => {
  it('name the object and can be read back', () => {
    const locations = [
      { group: '', resource: 'configmaps', cluster: 'c1', namespace: 'default', name: 'a' },
      { group: 'apps.example.io', resource: 'widgets', identity: 'abc123', cluster: 'c1', name: 'system:a.b' },
    ];
    expect(locations.map(objectKey)).toEqual([
      '/r/core/configmaps/c1/default/a',
      '/r/apps.example.io/widgets:abc123/c1/-/system:a.b',
    ]);
    expect(locations.map((at) => parseObjectKey(objectKey(at)))).toEqual(locations);
    expect(parseObjectKey('/i/x')).toBeUndefined();
    expect(parseObjectKey('/r/core/configmaps/c1/')).toBeUndefined();
  });

  it('lie below the prefix of their namespace, cluster and resource, and no other', () => {
    const of = { group: '', resource: 'configmaps' };
    const key = objectKey({ ...of, cluster: 'c1', namespace: 'ns', name: 'a' });
    for (const at of [of, { ...of, cluster: 'c1' }, { ...of, cluster: 'c1', namespace: 'ns' }])
      expect(key.startsWith(objectPrefix(at))).toBe(true);
    for (const at of [
      { ...of, identity: 'x' },
      { ...of, cluster: 'c' },
      { ...of, cluster: 'c1', namespace: 'n' },
    ])
      expect(key.startsWith(objectPrefix(at))).toBe(false);
  });
});
