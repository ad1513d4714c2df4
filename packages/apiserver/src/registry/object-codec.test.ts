import { describe, expect, it } from 'vitest';
import { decodeObject, encodeObject, spliceAll, spliceRevision } from './object-codec.ts';

function stored(name: string | undefined, modRevision: number) {
  const metadata = name === undefined ? {} : { name };
  const value = encodeObject({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata,
    data: { text: 'ä€', metadata: '"metadata":{' },
  });
  return { kv: { value, modRevision: modRevision as never } };
}

describe('stored objects as JSON', () => {
  it('get their resource version, whatever their metadata and text', () => {
    for (const name of ['one', undefined]) {
      const { kv } = stored(name, 42);
      expect(JSON.parse(spliceRevision(kv.value, kv.modRevision).toString())).toEqual(decodeObject(kv));
    }
  });

  it('are put together to a list, each with its own', () => {
    const items = [stored('one', 9), stored(undefined, 100), stored('three', 12345)];
    const text = spliceAll(items, Buffer.from('{"items":['), Buffer.from(']}')).toString();
    expect(JSON.parse(text)).toEqual({ items: items.map(({ kv }) => decodeObject(kv)) });
  });

  it('are spliced in the right place when they begin differently', () => {
    const value = (text: string) => ({ kv: { value: Buffer.from(text), modRevision: 7 as never } });
    const items = [
      value('{"kind":"LongerKind","metadata":{"name":"a"}}'),
      value('{"kind":"K","metadata":{},"x":{"metadata":{}}}'),
    ];
    const list = JSON.parse(spliceAll(items, Buffer.from('['), Buffer.from(']')).toString());
    expect(list.map((object: { metadata: unknown }) => object.metadata)).toEqual([
      { resourceVersion: '7', name: 'a' },
      { resourceVersion: '7' },
    ]);
  });

  it('make an empty list', () => {
    expect(spliceAll([], Buffer.from('['), Buffer.from(']')).toString()).toBe('[]');
  });
});
