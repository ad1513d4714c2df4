import type { KubeObject } from '@canopy/apimachinery';
import { describe, expect, it } from 'vitest';
import { secretStrategy } from './secret-strategy.ts';

const none = undefined as never;
const base64 = (text: string) => Buffer.from(text).toString('base64');
const secret = (fields: object, annotations?: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 's', ...(annotations === undefined ? {} : { annotations }) },
  ...fields,
});
const errorFields = (object: KubeObject) => (secretStrategy.validateCreate?.(object, none) ?? []).map((e) => e.field);

describe('secretStrategy', () => {
  it('moves stringData into data, where it wins, and never keeps it', () => {
    const object = secret({ data: { a: base64('old'), b: base64('b') }, stringData: { a: 'new', c: 'ü' } });
    secretStrategy.prepareForCreate?.(object, none);
    expect(object).toMatchObject({ type: 'Opaque', data: { a: base64('new'), b: base64('b'), c: base64('ü') } });
    expect(object).not.toHaveProperty('stringData');
  });

  it('keeps the type when an update leaves it out and refuses another one', () => {
    const old = secret({ type: 'kubernetes.io/tls', data: { 'tls.crt': '', 'tls.key': '' } });
    const updated = secret({ data: { 'tls.crt': '', 'tls.key': '' } });
    secretStrategy.prepareForUpdate?.(updated, old, none);
    expect(secretStrategy.validateUpdate?.(updated, old, none)).toEqual([]);
    const other = secret({ type: 'Opaque', data: {} });
    expect(secretStrategy.validateUpdate?.(other, old, none).map((e) => e.field)).toEqual(['type']);
  });

  it('demands the keys of each type', () => {
    expect(errorFields(secret({ type: 'kubernetes.io/tls', data: { 'tls.crt': '' } }))).toEqual(['data[tls.key]']);
    expect(errorFields(secret({ type: 'kubernetes.io/basic-auth' }))).toEqual(['data[username]', 'data[password]']);
    expect(errorFields(secret({ type: 'kubernetes.io/basic-auth', data: { password: '' } }))).toEqual([]);
    expect(errorFields(secret({ type: 'kubernetes.io/ssh-auth', data: { 'ssh-privatekey': '' } }))).toEqual([
      'data[ssh-privatekey]',
    ]);
    expect(errorFields(secret({ type: 'kubernetes.io/service-account-token' }))).toEqual([
      'metadata.annotations[kubernetes.io/service-account.name]',
    ]);
    expect(
      errorFields(
        secret({ type: 'kubernetes.io/service-account-token' }, { 'kubernetes.io/service-account.name': 'sa' }),
      ),
    ).toEqual([]);
  });

  it('does not show what is wrong with a docker config', () => {
    const object = secret({
      type: 'kubernetes.io/dockerconfigjson',
      data: { '.dockerconfigjson': base64('{"auths": geheim') },
    });
    const [error] = secretStrategy.validateCreate?.(object, none) ?? [];
    expect(error?.field).toBe('data[.dockerconfigjson]');
    expect(error?.message).not.toContain('geheim');
  });
});
