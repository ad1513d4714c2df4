import { describe, expect, it } from 'vitest';
import type { BindingClaim, ExportClaim } from './export-model.ts';
import { claimAllows, effectiveClaims, judgeClaims, selects } from './permission-claims.ts';

const asked: ExportClaim = { group: '', resource: 'secrets', verbs: ['*'] };
const accepted = (overrides: Partial<BindingClaim> = {}): BindingClaim => ({
  group: '',
  resource: 'secrets',
  verbs: ['*'],
  state: 'Accepted',
  selector: { matchAll: true },
  ...overrides,
});

describe('claims in force', () => {
  it('are those that the export asks for and the binding accepts', () => {
    expect(effectiveClaims([asked], [accepted()])).toHaveLength(1);
    expect(effectiveClaims([asked], [accepted({ state: 'Rejected' })])).toEqual([]);
    expect(effectiveClaims([asked], [])).toEqual([]);
    expect(effectiveClaims([], [accepted()])).toEqual([]);
    expect(effectiveClaims([asked], [accepted({ identityHash: 'x' })])).toEqual([]);
  });

  it.each([
    [['*'], ['*'], ['*']],
    [['*'], ['get'], ['get']],
    [['get', 'list'], ['*'], ['get', 'list']],
    [['get', 'list'], ['list', 'create'], ['list']],
    [['get'], ['create'], []],
  ])('grant what both sides name: %j and %j give %j', (exported, granted, verbs) => {
    const [claim] = effectiveClaims([{ ...asked, verbs: exported }], [accepted({ verbs: granted })]);
    expect(claim?.verbs).toEqual(verbs);
  });

  it('allow a verb by name or by the asterisk', () => {
    const [all] = effectiveClaims([asked], [accepted()]);
    const [some] = effectiveClaims([asked], [accepted({ verbs: ['get'] })]);
    expect([claimAllows(all!, 'delete'), claimAllows(some!, 'get'), claimAllows(some!, 'delete')]).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe('a selector', () => {
  const object = (labels: Record<string, string>) => ({ apiVersion: 'v1', kind: 'X', metadata: { labels } });

  it('selects by labels and expressions', () => {
    expect(selects({ matchAll: true }, object({}))).toBe(true);
    expect(selects({ matchLabels: { a: '1' } }, object({ a: '1', b: '2' }))).toBe(true);
    expect(selects({ matchLabels: { a: '1' } }, object({ a: '2' }))).toBe(false);
    const expression = (operator: string, values?: string[]) => ({
      matchExpressions: [{ key: 'a', operator, ...(values ? { values } : {}) }],
    });
    expect(selects(expression('In', ['1']), object({ a: '1' }))).toBe(true);
    expect(selects(expression('In', ['1']), object({}))).toBe(false);
    expect(selects(expression('NotIn', ['1']), object({}))).toBe(true);
    expect(selects(expression('NotIn', ['1']), object({ a: '1' }))).toBe(false);
    expect(selects(expression('Exists'), object({ a: '' }))).toBe(true);
    expect(selects(expression('DoesNotExist'), object({ a: '' }))).toBe(false);
  });
});

describe('the condition PermissionClaimsValid', () => {
  it('is true when every claim is answered as asked', () => {
    expect(judgeClaims([asked], [accepted()])).toEqual({ status: 'True' });
    expect(judgeClaims([asked], [accepted({ state: 'Rejected' })])).toEqual({ status: 'True' });
  });

  it('says which claims nobody asked for', () => {
    expect(judgeClaims([], [accepted()])).toMatchObject({
      status: 'False',
      reason: 'InvalidPermissionClaims',
      severity: 'Error',
    });
  });

  it('warns of unanswered claims and of other verbs', () => {
    expect(judgeClaims([asked], [])).toMatchObject({ reason: 'PermissionClaimsMismatch', severity: 'Warning' });
    expect(judgeClaims([asked], [accepted({ verbs: ['get'] })])).toMatchObject({ reason: 'PermissionClaimsMismatch' });
  });
});
