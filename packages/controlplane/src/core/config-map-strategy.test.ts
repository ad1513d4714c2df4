import type { KubeObject } from '@canopy/apimachinery';
import { describe, expect, it } from 'vitest';
import { configMapStrategy, maxDataBytes } from './config-map-strategy.ts';

const none = undefined as never;
const configMap = (fields: object): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a' },
  ...fields,
});
const createErrors = (fields: object) => configMapStrategy.validateCreate?.(configMap(fields), none) ?? [];
const updateErrors = (fields: object, old: object) =>
  configMapStrategy.validateUpdate?.(configMap(fields), configMap(old), none) ?? [];

describe('configMapStrategy', () => {
  it('accepts text and binary data under different keys', () => {
    expect(createErrors({ data: { 'app.conf': 'x' }, binaryData: { logo: 'AAAA' } })).toEqual([]);
  });

  it('refuses keys that are no file names', () => {
    expect(createErrors({ data: { 'a/b': 'x' } }).map((e) => e.field)).toEqual(['data[a/b]']);
    expect(createErrors({ data: { '..': 'x' } })[0]?.message).toContain("must not be '..'");
  });

  it('refuses a key that is in data and in binaryData, on both sides', () => {
    const errors = createErrors({ data: { k: 'x' }, binaryData: { k: 'AAAA' } });
    expect(errors.map((e) => e.message)).toEqual([
      'Invalid value: "k": duplicate of key present in binaryData',
      'Invalid value: "k": duplicate of key present in data',
    ]);
  });

  it('counts bytes of all values together, binary ones decoded', () => {
    const half = 'ä'.repeat(maxDataBytes / 4);
    const binary = Buffer.alloc(maxDataBytes / 2).toString('base64');
    expect(createErrors({ data: { a: half }, binaryData: { b: binary } })).toEqual([]);
    expect(createErrors({ data: { a: `${half}x` }, binaryData: { b: binary } })[0]?.message).toContain('1048576 bytes');
  });

  it('freezes the data of immutable ones and cannot be thawed', () => {
    const old = { data: { a: '1' }, immutable: true };
    expect(updateErrors(old, old)).toEqual([]);
    expect(updateErrors({ data: { a: '2' }, immutable: true }, old).map((e) => e.field)).toEqual(['data']);
    expect(updateErrors({ data: { a: '1' } }, old).map((e) => e.field)).toEqual(['immutable']);
  });
});
